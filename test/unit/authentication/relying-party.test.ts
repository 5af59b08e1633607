import { relyingPartyOf } from '../../../src/features/authentication/passkeys/relying-party.js';

test.each([
  ['https://id.example.org', 'id.example.org', 'https://id.example.org'],
  ['https://id.example.org:8443/', 'id.example.org', 'https://id.example.org:8443'],
  ['http://localhost:4000', 'localhost', 'http://localhost:4000'],
  ['https://bücher.example', 'xn--bcher-kva.example', 'https://xn--bcher-kva.example'],
])('passkeys of %s are made for %s, on pages of %s', (publicUrl, id, origin) => {
  expect(relyingPartyOf(publicUrl)).toEqual({ id, origin, name: 'Signet' });
});

test.each([
  'http://127.0.0.1:4000',
  'https://192.0.2.1',
  'https://[2001:db8::1]',
  'http://[::1]:4000',
  'https://3221225985', // 192.0.2.1 as browsers read it
])('%s is known by an address only, and has no passkeys', (publicUrl) => {
  expect(relyingPartyOf(publicUrl)).toBeUndefined();
});
