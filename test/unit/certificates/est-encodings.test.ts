import { encodeCertsOnly } from '../../../src/features/certificates/x509/certs-only';
import { encodeCsrAttributes } from '../../../src/features/certificates/x509/csr-attributes';
import { parseDer } from '../../../src/features/certificates/x509/der';
import { integer, octetsOf, tlv } from '../../../src/features/certificates/x509/der-writer';
import { Openssl } from './openssl';
import { selfSigned } from './self-signed';

let openssl: Openssl;
beforeAll(() => {
  openssl = new Openssl();
});
afterAll(() => {
  openssl.remove();
});

test('a certs-only message is strict DER, whatever its size, and openssl finds each certificate in it', () => {
  const identities = ['/CN=Root', '/CN=a', '/CN=b'].map((name) => selfSigned(openssl, name));
  for (const count of [1, 2, 3]) {
    const wanted = identities.slice(0, count);
    const message = encodeCertsOnly(wanted.map(({ der }) => der));
    expect(() => parseDer(message)).not.toThrow();
    openssl.write('message', message);
    const shown = openssl.print('pkcs7', '-inform', 'DER', '-in', 'message', '-print_certs');
    for (const { pem } of wanted) expect(shown).toContain(pem);
    expect(openssl.run('cms', '-cmsout', '-inform', 'DER', '-in', 'message', '-print').isOk).toBe(
      true,
    );
  }
});

test('its certificates stand in the order of their encodings', () => {
  const ders = ['/CN=Root', '/CN=a', '/CN=b']
    .map((name) => selfSigned(openssl, name))
    .map(({ der }) => der);
  expect(encodeCertsOnly([...ders].reverse())).toEqual(encodeCertsOnly(ders));
});

test('the attributes wanted in a request are strict DER', () => {
  for (const isLinkable of [true, false]) {
    const { items } = parseDer(encodeCsrAttributes({ isLinkable }));
    expect(items).toHaveLength(isLinkable ? 3 : 2);
  }
});

test.each([
  [0n, '020100'],
  [127n, '02017f'],
  [128n, '02020080'],
  [2048n, '02020800'],
  [65_537n, '0203010001'],
])('the integer %d is minimal', (value, hex) => {
  expect(octetsOf(integer(value)).toString('hex')).toBe(hex);
});

test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])(
  '%d octets have the shortest length',
  (size) => {
    const { content } = parseDer(octetsOf(tlv(0x04, '\0'.repeat(size))));
    expect(content).toHaveLength(size);
  },
);
