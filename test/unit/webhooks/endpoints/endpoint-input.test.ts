import { DomainError } from '../../../../src/kernel/errors';
import { AddressGuard } from '../../../../src/platform/address-guard';
import {
  readEndpoint,
  type EndpointDraft,
  type EndpointInput,
} from '../../../../src/features/webhooks/endpoints/endpoint-input';

const BLANK: EndpointDraft = {
  url: '',
  description: '',
  eventTypes: [],
  alertEmail: 'a@example.org',
  enabled: true,
};
const PUBLIC_ONLY = new AddressGuard();

function refusedFields(input: EndpointInput, guard = PUBLIC_ONLY, present = BLANK): string[] {
  try {
    readEndpoint(input, present, guard);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return (error.facts['fields'] as { field: string }[]).map(({ field }) => field);
  }
}

test.each([
  'https://hooks.example.org/signet',
  'https://hooks.example.org:8443/?tenant=1',
  'https://8.8.8.8/',
  'https://[2606:4700:4700::1111]/',
])('%s can be told', (url) => {
  expect(readEndpoint({ url }, BLANK, PUBLIC_ONLY).url).toBe(url);
});

test.each([
  '',
  'hooks.example.org',
  'ftp://hooks.example.org/',
  'javascript:alert(1)',
  'file:///etc/passwd',
  'http://hooks.example.org/',
  'https://user:password@hooks.example.org/',
  'https://user@hooks.example.org/',
  'https://hooks.example.org/#part',
  'https://127.0.0.1/',
  'https://0x7f.1/',
  'https://017700000001/',
  'https://2130706433/',
  'https://0/',
  'https://10.0.0.1/',
  'https://169.254.169.254/latest/meta-data',
  'https://[::1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://[64:ff9b::a00:1]/',
  'https://[fd00:ec2::254]/',
  `https://hooks.example.org/${'a'.repeat(2000)}`,
])('%j is refused', (url) => {
  expect(refusedFields({ url })).toEqual(['input.url']);
});

test('within allowed networks addresses may be private, and http', () => {
  const guard = new AddressGuard(['10.0.0.0/8']);
  for (const url of ['https://10.0.0.1/', 'http://10.0.0.1/', 'http://hooks.internal/']) {
    expect(refusedFields({ url }, guard)).toEqual([]);
  }
  for (const url of [
    'http://8.8.8.8/',
    'http://192.168.0.1/',
    'https://192.168.0.1/',
    'ftp://10.0.0.1/',
  ]) {
    expect(refusedFields({ url }, guard)).toEqual(['input.url']);
  }
});

test('what is left out stays, null clears, and what may not be empty is refused', () => {
  const present = readEndpoint(
    { url: 'https://a.example.org/', description: 'A', eventTypes: ['enrolment.active'] },
    BLANK,
    PUBLIC_ONLY,
  );
  expect(readEndpoint({}, present, PUBLIC_ONLY)).toEqual(present);
  expect(
    readEndpoint({ description: null, eventTypes: null, alertEmail: null }, present, PUBLIC_ONLY),
  ).toEqual({
    ...present,
    description: '',
    eventTypes: [],
    alertEmail: null,
  });
  expect(refusedFields({ url: null, enabled: null }, PUBLIC_ONLY, present)).toEqual([
    'input.url',
    'input.enabled',
  ]);
});

test('unknown events, odd texts and addresses are refused, each by its path', () => {
  const url = 'https://a.example.org/';
  expect(refusedFields({ url, eventTypes: ['enrolment.active', 'enrolment.exploded'] })).toEqual([
    'input.eventTypes.1',
  ]);
  expect(refusedFields({ url, description: 'a'.repeat(201) })).toEqual(['input.description']);
  expect(refusedFields({ url, description: 'a\u0000' })).toEqual(['input.description']);
  expect(refusedFields({ url, alertEmail: 'nobody' })).toEqual(['input.alertEmail']);
  expect(refusedFields({ url, eventTypes: Array<string>(101).fill('enrolment.active') })).toEqual([
    'input.eventTypes',
  ]);
});

test('events are kept in one order, each once', () => {
  const eventTypes = ['profile.revoked', 'enrolment.active', 'profile.revoked'];
  const { eventTypes: kept } = readEndpoint(
    { url: 'https://a.example.org/', eventTypes },
    BLANK,
    PUBLIC_ONLY,
  );
  expect(kept).toEqual(['enrolment.active', 'profile.revoked']);
});

test('an endpoint whose networks are no longer allowed can still be turned off', () => {
  const present = { ...BLANK, url: 'http://10.0.0.1/' };
  expect(readEndpoint({ enabled: false }, present, PUBLIC_ONLY).enabled).toBe(false);
});
