import { X509Certificate } from 'node:crypto';
import { claimedOrder, gatherCast, order, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { lintCertificate } from '../helpers/lint/lint';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { HonestOrNotPhone, requestFor } from '../helpers/phone';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { ecKey, rsaKey } from '../unit/certificates/request-builder';

const DAY_MS = 86_400_000;
const KINDS = ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'] as const;
const DEFAULT_ALGORITHMS = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096'];
const PROFILES = `certificateProfiles { kind keyAlgorithms validityDays maxValidityDays commonName organization
  organizationalUnit country emailAddressInSubject subjectAltNames { type value } extendedKeyUsages policies }`;

let server: TestServer;
let cast: Cast;
let projectId: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  projectId = await createProject(server, cast.admin, newName('profiles'), {
    maxProfilesPerUser: 100,
    validityDays: 100,
  });
});
afterAll(() => server.stop());

function tryUpdate(
  input: Readonly<Record<string, unknown>>,
  token: string = cast.admin,
): Promise<GraphqlAnswer<any>> {
  return server.graphql(
    `mutation ($projectId: ID!, $input: CertificateProfileInput!) {
       updateCertificateProfile(projectId: $projectId, input: $input) { id ${PROFILES} } }`,
    { projectId, input },
    { token },
  );
}

async function update(input: Readonly<Record<string, unknown>>): Promise<any> {
  const { data, errors } = await tryUpdate(input);
  expect(errors).toEqual([]);
  return data.updateCertificateProfile.certificateProfiles.find(
    (it: any) => it.kind === input['kind'],
  );
}

async function profiles(): Promise<any[]> {
  const { data } = await server.graphql(
    `query ($id: ID!) { project(id: $id) { ${PROFILES} } }`,
    { id: projectId },
    { token: cast.operator.token },
  );
  return data.project.certificateProfiles as any[];
}

/** @returns his session */
async function newHolder(username: string, displayName: string): Promise<string> {
  const { data, errors } = await server.graphql(
    `mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }`,
    { input: { username, displayName, state: 'ACTIVE', email: 'n@example.org' } },
    { token: cast.admin },
  );
  expect(errors).toEqual([]);
  return sessionOf(server, data.createUser.id as string);
}

interface Made {
  readonly kind: string;
  readonly subject: string;
  readonly pem: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

/** A mobile ID of all three kinds, lint clean. */
async function enrol(
  token: string = cast.alva.token,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ made: Record<(typeof KINDS)[number], Made>; profile: any }> {
  const placed = await order(server, token, { projectId, certificates: KINDS, ...more });
  const { profile } = await new HonestOrNotPhone(server).enrol(placed.code);
  const { data } = await server.graphql('{ certificateAuthority { chain } }');
  const issuer = new X509Certificate(data.certificateAuthority.chain[0] as string).raw;
  for (const { pem } of profile.certificates) {
    expect(lintCertificate(new X509Certificate(pem as string).raw, issuer)).toEqual([]);
  }
  const made = Object.fromEntries(profile.certificates.map((it: Made) => [it.kind, it]));
  return { made: made as Record<(typeof KINDS)[number], Made>, profile };
}

async function auditDetails(): Promise<string[]> {
  const rows = await server.database.query<{ detail: string }>(
    `SELECT detail FROM audit_entry WHERE target = $1 AND action = 'project.update-certificate-profile' ORDER BY id`,
    [`project:${projectId}`],
  );
  return rows.map(({ detail }) => detail);
}

describe('the certificate profiles of a project', () => {
  test('are those of the server until something is set, and follow them again once it is taken back', async () => {
    const fresh = {
      ...{ keyAlgorithms: DEFAULT_ALGORITHMS, validityDays: null, maxValidityDays: null },
      ...{ commonName: '{displayName}', organization: null, organizationalUnit: null },
      ...{ country: null, emailAddressInSubject: false },
      subjectAltNames: [{ type: 'EMAIL', value: '{email}' }],
      policies: ['1.3.6.1.4.1.32473.2.1'],
    };
    const usages = ['clientAuth', 'documentSigning', 'emailProtection'];
    const all = KINDS.map((kind, i) => ({ ...fresh, kind, extendedKeyUsages: [usages[i]] }));
    expect(await profiles()).toEqual(all);
    expect(await update({ kind: 'SIGNATURE', organization: 'Demo Corp', country: 'SE' })).toEqual({
      ...all[1],
      organization: 'Demo Corp',
      country: 'SE',
    });
    expect(await update({ kind: 'SIGNATURE', policies: ['2.16.840.1.101'] })).toMatchObject({
      organization: 'Demo Corp',
      policies: ['2.16.840.1.101'],
    });
    await update({ kind: 'SIGNATURE', organization: null, country: null, policies: null });
    expect(await profiles()).toEqual(all);
    expect(await auditDetails()).toEqual([
      'SIGNATURE organization country',
      'SIGNATURE policies',
      'SIGNATURE country policies organization', // as the database orders what it stores
    ]);
    const [row] = await server.database.query<{ certificate_profiles: unknown }>(
      'SELECT certificate_profiles FROM project WHERE id = $1',
      [projectId],
    );
    expect(row?.certificate_profiles).toEqual({});
  });

  test('reach the certificates, kind by kind', async () => {
    await update({
      kind: 'AUTHENTICATION',
      commonName: '{displayName} ({username})',
      organization: 'Demo Corp, {projectName}',
      organizationalUnit: 'Field+Sales',
      country: 'SE',
      emailAddressInSubject: true,
      subjectAltNames: [
        { type: 'EMAIL', value: '{email}' },
        { type: 'USER_PRINCIPAL_NAME', value: '{username}@corp.example' },
        { type: 'URI', value: 'https://id.example/{profileId}?user={username}' },
      ],
      extendedKeyUsages: ['clientAuth', 'smartcardLogon', '1.3.6.1.4.1.32473.9.9'],
      policies: ['1.3.6.1.4.1.32473.2.7', '1.3.6.1.4.1.32473.2.8'],
    });
    const { made, profile } = await enrol();
    const certificate = new X509Certificate(made.AUTHENTICATION.pem);
    const [row] = await server.database.query<{ name: string }>(
      'SELECT name FROM project WHERE id = $1',
      [projectId],
    );
    expect(certificate.subject.split('\n')).toEqual([
      'C=SE',
      `O=Demo Corp\\, ${row?.name ?? ''}`,
      'OU=Field\\+Sales',
      `serialNumber=${profile.id as string}`,
      'CN=alva (alva)',
      'emailAddress=alva@example.org',
    ]);
    expect(made.AUTHENTICATION.subject).toContain('CN=alva (alva),serialNumber=');
    expect(certificate.subjectAltName).toContain('email:alva@example.org');
    expect(certificate.subjectAltName).toContain(
      `URI:https://id.example/${profile.id as string}?user=alva`,
    );
    expect(certificate.raw.includes('alva@corp.example')).toBe(true);
    expect(certificate.keyUsage).toEqual([
      '1.3.6.1.5.5.7.3.2',
      '1.3.6.1.4.1.311.20.2.2',
      '1.3.6.1.4.1.32473.9.9',
    ]);
    expect(made.SIGNATURE.subject).toBe(`CN=alva,serialNumber=${profile.id as string}`);
  });

  test('bound the validity: of each kind, of the order, of the project', async () => {
    await update({ kind: 'AUTHENTICATION', validityDays: 10, maxValidityDays: 20 });
    await update({ kind: 'SIGNATURE', maxValidityDays: 50 });
    const daysOf = ({ notBefore, notAfter }: Made): number =>
      Math.round((Date.parse(notAfter) - Date.parse(notBefore)) / DAY_MS);
    const days = async (more = {}): Promise<number[]> => {
      const { made, profile } = await enrol(cast.alva.token, more);
      const ends = KINDS.map((kind) => Date.parse(made[kind].notAfter));
      const end = Date.parse(profile.validTo as string);
      expect(Math.abs(Math.max(...ends) - end)).toBeLessThan(1000);
      return KINDS.map((kind) => daysOf(made[kind]));
    };
    expect(await days()).toEqual([10, 50, 100]);
    expect(await days({ validityDays: 30 })).toEqual([20, 30, 30]);
    expect(await days({ validityDays: 5 })).toEqual([5, 5, 5]);
    await server.graphql(
      'mutation ($id: ID!) { updateProjectSettings(id: $id, settings: { validityDays: 8 }) { id } }',
      { id: projectId },
      { token: cast.admin },
    );
    expect(await days()).toEqual([8, 8, 8]);
    const longer = await tryUpdate({ kind: 'SIGNATURE', maxValidityDays: 9 });
    expect(longer.errors[0]?.extensions['fields']).toMatchObject([
      { field: 'input.maxValidityDays' },
    ]);
  });

  test('tell the phone which keys to make, and refuse the others', async () => {
    await update({ kind: 'SIGNATURE', keyAlgorithms: ['RSA-3072', 'P-384'] });
    const { phone, task } = await claimedOrder(server, cast.alva.token, projectId);
    expect(task.keyRequests.map(({ kind, algorithms }) => [kind, algorithms])).toEqual([
      ['AUTHENTICATION', DEFAULT_ALGORITHMS],
      ['SIGNATURE', ['RSA-3072', 'P-384']],
    ]);
    const sent = (privateKey: ReturnType<typeof ecKey>) => [
      requestFor('AUTHENTICATION', task.challenge),
      requestFor('SIGNATURE', task.challenge, { privateKey }),
    ];
    for (const key of [ecKey(), rsaKey(2048), rsaKey(3071), rsaKey(4096)]) {
      const { errors } = await phone.tryActivate(task, sent(key));
      expect(errors[0]?.extensions).toMatchObject({
        code: 'CSR_REJECTED',
        reason: 'ALGORITHM',
        kind: 'SIGNATURE',
        allowed: ['RSA-3072', 'P-384'],
      });
    }
    expect((await phone.tryActivate(task, sent(rsaKey(3072)))).errors).toEqual([]);
  });

  test('stay for an order what they were when it was placed', async () => {
    await update({ kind: 'SIGNATURE', organization: 'Before', keyAlgorithms: ['P-256'] });
    const { phone, task } = await claimedOrder(server, cast.alva.token, projectId);
    await update({ kind: 'SIGNATURE', organization: 'After', keyAlgorithms: ['P-384'] });
    await update({ kind: 'AUTHENTICATION', organization: 'After' });
    const { data } = await phone.tryActivate(task, phone.requestsFor(task));
    const certificates = data.activateEnrolment.profile.certificates as Made[];
    expect(certificates.map(({ subject }) => /O=(.*)$/.exec(subject)?.[1])).toEqual([
      undefined,
      'Before',
    ]);
  });

  test('are not for another administration', async () => {
    const input = { kind: 'SIGNATURE', organization: 'Mine' };
    expect(codeOf(await tryUpdate(input, cast.alva.token))).toBe('FORBIDDEN');
    const missing = await server.graphql(
      `mutation { updateCertificateProfile(projectId: "00000000-0000-4000-8000-000000000000",
         input: { kind: SIGNATURE }) { id } }`,
      {},
      { token: cast.admin },
    );
    expect(codeOf(missing)).toBe('NOT_FOUND');
  });
});

describe('a holder', () => {
  test.each([
    'CN=Eva,O=Bank',
    'Eva/O=Bank',
    'Eva+CN=admin',
    '{username} {email}',
    'E\u0301lodie 李小龍 👩‍👩‍👧',
    '#04024869 "x" <y>;\\',
  ])('named %j cannot say more than a name', async (displayName) => {
    await update({ kind: 'AUTHENTICATION', organization: 'Corp', commonName: '{displayName}' });
    const { made } = await enrol(await newHolder(newName('n'), displayName));
    const { subject } = new X509Certificate(made.AUTHENTICATION.pem).toLegacyObject();
    expect(subject).toMatchObject({ CN: displayName.normalize('NFC'), O: 'Corp' });
    expect(Object.keys(subject).sort()).toEqual(['CN', 'O', 'serialNumber']);
  });

  test('cannot take a name at the domain of the administrator by his user name', async () => {
    const value = '{username}@corp.example';
    await update({
      kind: 'AUTHENTICATION',
      subjectAltNames: [
        { type: 'EMAIL', value },
        { type: 'USER_PRINCIPAL_NAME', value },
        { type: 'URI', value: 'https://corp.example/{username}' },
      ],
    });
    for (const username of ['admin@corp.example', 'a,b', 'x/../admin?#y%2e']) {
      const { made } = await enrol(await newHolder(username, 'Eva'));
      const { raw, subjectAltName } = new X509Certificate(made.AUTHENTICATION.pem);
      expect(subjectAltName).toContain(`URI:https://corp.example/${encodeURIComponent(username)}`);
      expect(subjectAltName).not.toContain('email:');
      expect(raw.includes('@corp.example')).toBe(false);
    }
  });
});

const over = (length: number): string => 'x'.repeat(length);
const names = (type: string, ...values: string[]) => ({
  subjectAltNames: values.map((value) => ({ type, value })),
});

test.each<[field: string, input: Readonly<Record<string, unknown>>, kind?: string]>([
  ['keyAlgorithms', { keyAlgorithms: [] }],
  ['keyAlgorithms', { keyAlgorithms: ['P-256', 'P-256'] }],
  ['keyAlgorithms', { keyAlgorithms: ['P-521'] }],
  ['keyAlgorithms', { keyAlgorithms: ['RSA-1024'] }],
  ['validityDays', { validityDays: 0 }],
  ['validityDays', { validityDays: 101 }],
  ['validityDays', { validityDays: 20, maxValidityDays: 10 }],
  ['maxValidityDays', { maxValidityDays: -1 }],
  ['maxValidityDays', { maxValidityDays: 4000 }],
  ['commonName', { commonName: '' }],
  ['commonName', { commonName: '{secret}' }],
  ['commonName', { commonName: '{displayName' }],
  ['commonName', { commonName: 'a\u202eb' }],
  ['commonName', { commonName: over(201) }],
  ['organization', { organization: ' ' }],
  ['organization', { organization: 'a\0b' }],
  ['organizationalUnit', { organizationalUnit: '{constructor}' }],
  ['country', { country: 'se' }],
  ['country', { country: 'SWE' }],
  ['country', { country: 'ÅÄ' }],
  ['country', { country: '{username}' }],
  ['emailAddressInSubject', { emailAddressInSubject: true, subjectAltNames: [] }],
  ['emailAddressInSubject', { emailAddressInSubject: true, ...names('EMAIL', '{username}@x.org') }],
  ['subjectAltNames', names('EMAIL', '{email}', '{email}')],
  ['subjectAltNames', names('EMAIL', '{displayName}@example.org')],
  ['subjectAltNames', names('EMAIL', '{email}@example.org')],
  ['subjectAltNames', names('EMAIL', 'alva@{username}')],
  ['subjectAltNames', names('USER_PRINCIPAL_NAME', '{username}')],
  ['subjectAltNames', names('USER_PRINCIPAL_NAME', '@example.org')],
  ['subjectAltNames', names('URI', 'relative/{username}')],
  ['subjectAltNames', names('URI', '//example.org/x')],
  ['subjectAltNames', names('URI', 'urn:')],
  ['subjectAltNames', names('URI', '{username}:x')],
  ['subjectAltNames', names('URI', 'https://{username}/')],
  ['subjectAltNames', names('URI', 'https://x.{username}.example/')],
  ['subjectAltNames', names('URI', 'https:///x')],
  ['subjectAltNames', names('URI', 'https://-a.example/')],
  ['subjectAltNames', names('URI', 'https://user@example.org/')],
  ['subjectAltNames', names('URI', 'https://example.org/%zz')],
  ['subjectAltNames', names('URI', 'https://example.org/ä')],
  ['subjectAltNames', names('URI', 'https://example.org/a b')],
  ['subjectAltNames', names('URI', 'javascript:alert(1)')],
  ['subjectAltNames', names('URI', 'DATA:text/html,x')],
  ['subjectAltNames', names('URI', ...Array.from({ length: 11 }, (_, i) => `urn:x:${String(i)}`))],
  ['extendedKeyUsages', { extendedKeyUsages: [] }],
  ['extendedKeyUsages', { extendedKeyUsages: ['documentSigning', '1.3.6.1.5.5.7.3.36'] }],
  ['extendedKeyUsages', { extendedKeyUsages: ['emailProtection'] }],
  ['extendedKeyUsages', { extendedKeyUsages: ['documentSigning', 'clientAuth'] }],
  ['extendedKeyUsages', { extendedKeyUsages: ['documentSigning', '2.5.29.37.0'] }],
  ['extendedKeyUsages', { extendedKeyUsages: ['documentSigning', '1.3.6.1.5.5.7.3.1'] }],
  ['extendedKeyUsages', { extendedKeyUsages: ['documentSigning', '1.3.6.1.5.5.7.3.9'] }],
  ['extendedKeyUsages', { extendedKeyUsages: ['documentSigning', '1.3.6.1.4.1.11129.2.4.4'] }],
  ['extendedKeyUsages', { extendedKeyUsages: ['toString'] }],
  ['extendedKeyUsages', { extendedKeyUsages: ['smartcardLogon'] }, 'AUTHENTICATION'],
  ['extendedKeyUsages', { extendedKeyUsages: ['clientAuth'] }, 'ENCRYPTION'],
  ['policies', { policies: [] }],
  ['policies', { policies: ['2.5.29.32.0'] }],
  ['policies', { policies: ['1.2.3', '1.2.3'] }],
  ['policies', { policies: ['1'] }],
  ['policies', { policies: ['3.1.2'] }],
  ['policies', { policies: ['1.40.2'] }],
  ['policies', { policies: ['1.02.3'] }],
  ['policies', { policies: ['1.2.4294967296'] }],
  ['policies', { policies: ['1.2.3.'] }],
])('%s is refused at its path: %j', async (field, input, kind = 'SIGNATURE') => {
  const before = await profiles();
  const answer = await tryUpdate({ kind, ...input });
  expect(codeOf(answer)).toBe('INVALID_INPUT');
  expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: `input.${field}` }]);
  expect(await profiles()).toEqual(before);
});
