import { generateKeyPairSync } from 'node:crypto';
import { CERTIFICATE_KINDS } from '../../../src/kernel/certificate-kind.js';
import type { CertificateProfile } from '../../../src/features/certificates/profiles/certificate-profile.js';
import { changeProfile } from '../../../src/features/certificates/profiles/profile-input.js';
import { profileOf } from '../../../src/features/certificates/profiles/certificate-profile.js';
import { readable } from '../../../src/features/certificates/profiles/readable.js';
import { compileProfile } from '../../../src/features/certificates/x509/issuing-profile.js';
import { lintCertificate } from '../../helpers/lint/lint';
import { attributesOf } from '../../helpers/lint/name-rules';
import { readCertificate } from '../../helpers/lint/structure';
import { HOLDER_KEYS, newAuthority, orderOf, type TestAuthority } from './authorities';

const AUTHORITIES = ['RSA-2048', 'P-256', 'P-384'] as const;
const SLOW_KEYS_MS = 120_000;
const KEYS: Readonly<Record<string, Buffer>> = {
  ...HOLDER_KEYS,
  'RSA-3072': generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey.export({
    format: 'der',
    type: 'spki',
  }),
};

/** As people are called, or as attackers would like to be. */
const NAMES = [
  'Alva Lind',
  'CN=Eva,O=Bank',
  'Eva/O=Bank+OU=x',
  'Eva\r\nO=Bank',
  'Eva\0.example.org',
  '\u202eavE \u200flatin',
  '"Eva" <eva@example.org>; \\ #c',
  '#04024869',
  ' spaces around ',
  '',
  ' ',
  'E\u0301lodie 李小龍',
  '👩‍👩‍👧'.repeat(30),
  'Eva\ud83d',
  'x '.repeat(60),
  '{email} {profileId}',
] as const;
const ADDRESSES = [
  undefined,
  'alva@example.org',
  'alva@exämple.org',
  'älva@exämple.org',
  '"a b"@example.org',
  `${'a'.repeat(64)}@${'ä'.repeat(20)}.example`,
];
/** What projects may set, each of them valid for all kinds. */
const SETTINGS: readonly Partial<CertificateProfile>[] = [
  {},
  {
    commonName: '{displayName} ({username}) of {projectName}',
    organization: 'Demo Corp, {projectName}',
    organizationalUnit: '{email}',
    country: 'SE',
    emailAddressInSubject: true,
    policies: ['1.3.6.1.4.1.32473.2.7', '2.16.840.1.113733.1.7.23.3'],
  },
  {
    subjectAltNames: [
      { type: 'URI', value: 'https://id.example/{username}?p={profileId}&m={email}' },
      { type: 'USER_PRINCIPAL_NAME', value: '{username}@corp.example' },
      { type: 'EMAIL', value: '{username}@corp.example' },
      { type: 'EMAIL', value: '{email}' },
    ],
  },
  { subjectAltNames: [], commonName: '{email}', organization: '{email} ' },
];

const made = new Map<string, TestAuthority>();
beforeAll(async () => {
  for (const algorithm of AUTHORITIES) made.set(algorithm, await newAuthority(algorithm));
}, SLOW_KEYS_MS);

function authorityOf(algorithm: string): TestAuthority {
  const found = made.get(algorithm);
  if (found === undefined) throw new Error(`no authority with ${algorithm}`);
  return found;
}

describe.each(AUTHORITIES)('an authority with %s', (algorithm) => {
  test('has certificates that keep all rules, the root and the issuing one', () => {
    const { root, issuing } = authorityOf(algorithm).material;
    expect(lintCertificate(root.certificateDer, root.certificateDer)).toEqual([]);
    expect(lintCertificate(issuing.certificateDer, root.certificateDer)).toEqual([]);
  });

  const cases = CERTIFICATE_KINDS.flatMap((kind) =>
    Object.keys(KEYS).map((key) => [kind, key] as const),
  );
  test.each(cases)(
    'issues %s certificates for %s keys that keep all rules, whatever the name and the profile',
    async (kind, key) => {
      const { authority, material } = authorityOf(algorithm);
      const orders = SETTINGS.flatMap((settings, i) =>
        NAMES.map((name, j) => ({ settings, name, email: ADDRESSES[(i + j) % ADDRESSES.length] })),
      );
      for (const { settings, name, email } of orders) {
        const profile = compileProfile(profileOf(changeProfile({}, kind, settings, 3650), kind));
        const { der } = await authority.issue(
          orderOf({
            ...{ kind, profile, email, commonName: readable(name), projectName: 'Payments' },
            ...{ publicKeySpki: KEYS[key] ?? Buffer.alloc(0), username: 'o’neil/../x' },
          }),
        );
        const told = JSON.stringify({ name, email, settings });
        expect([told, lintCertificate(der, material.issuing.certificateDer)]).toEqual([told, []]);
      }
    },
    SLOW_KEYS_MS,
  );
});

test.each(ADDRESSES)(
  'the address %s stands in the subject only where it stands in the SAN',
  async (email) => {
    const { authority, material } = authorityOf('P-256');
    const profile = compileProfile(
      profileOf(changeProfile({}, 'SIGNATURE', { emailAddressInSubject: true }, 3650), 'SIGNATURE'),
    );
    const { der } = await authority.issue(orderOf({ kind: 'SIGNATURE', profile, email }));
    expect(lintCertificate(der, material.issuing.certificateDer)).toEqual([]);
    const addresses = attributesOf(readCertificate(der).subject).filter(
      ({ id }) => id === '1.2.840.113549.1.9.1',
    );
    const isAscii =
      email === 'alva@example.org' ||
      email?.startsWith('alva@ex') === true ||
      email?.startsWith('aaa') === true;
    expect(addresses).toHaveLength(isAscii ? 1 : 0);
  },
);
