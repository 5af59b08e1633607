import { keyRequestsOf } from '../../../src/features/enrolment/keys/key-requests.js';
import { renewalTerms } from '../../../src/features/enrolment/renewal/renewal-terms.js';
import { DEFAULT_SETTINGS } from '../../../src/features/projects/settings/settings.js';

const project = (settings: object = {}, certificateProfiles: object = {}) => ({
  settings: { ...DEFAULT_SETTINGS, ...settings },
  certificateProfiles,
});
const KINDS = ['AUTHENTICATION', 'ENCRYPTION'] as const;

test.each([
  [730, 730, 730],
  [100, 730, 100],
  [730, 100, 100],
])(
  'where the project says %i days now and the order said %i, it is %i',
  (validityDays, ordered, expected) => {
    const terms = renewalTerms(project({ validityDays }), KINDS, { validityDays: ordered });
    expect(terms.validityDays).toBe(expected);
  },
);

test('each kind ends when the project says now', () => {
  const now = project({ validityDays: 365 }, { AUTHENTICATION: { validityDays: 30 } });
  const { terms, validityDays } = renewalTerms(now, KINDS, { validityDays: 730 });
  expect(terms.AUTHENTICATION?.days).toBe(30);
  expect(validityDays).toBe(365);
});

test('keys are of the types that the project takes now', () => {
  const now = project({}, { AUTHENTICATION: { keyAlgorithms: ['P-384'] } });
  const [authentication, encryption] = keyRequestsOf({
    kinds: KINDS,
    ...renewalTerms(now, KINDS, { validityDays: 10 }),
  });
  expect(authentication).toEqual({
    kind: 'AUTHENTICATION',
    origin: 'DEVICE',
    algorithms: ['P-384'],
  });
  expect(encryption?.origin).toBe('DEVICE');
});

test('encryption keys, and no others, come from the server where the project recovers them now', () => {
  const now = project({ recoverEncryptionCertificates: true });
  const requests = keyRequestsOf({
    kinds: KINDS,
    ...renewalTerms(now, KINDS, undefined),
  });
  expect(requests.map(({ kind, origin }) => `${kind} ${origin}`)).toEqual([
    'AUTHENTICATION DEVICE',
    'ENCRYPTION SERVER',
  ]);
  expect(requests[1]?.algorithms).not.toContain('RSA-4096');
});
