import { openMessage, textOf } from '../../src/phone/messages/message';
import { gatherCast, tryOrder, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import {
  ARCHIVING,
  encryptFor,
  encryptionCertificate,
  enrolPhone,
  recoverable,
  recoveryPem,
} from '../helpers/key-recovery';
import { createProject } from '../helpers/people';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const OAEP = ['-aes256', '-keyopt', 'rsa_padding_mode:oaep'];
const OAEP_256 = [...OAEP, '-keyopt', 'rsa_oaep_md:sha256'];
const ECDH = ['-aes256', '-keyopt', 'ecdh_kdf_md:sha256'];

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer({ environment: { RECOVERY_KEY: recoveryPem() } });
  cast = await gatherCast(server, ARCHIVING);
});
afterAll(() => server.stop());

test.each([
  ['RSA-2048', 'OAEP with SHA-1', OAEP],
  ['RSA-2048', 'OAEP with SHA-256', OAEP_256],
  ['RSA-3072', 'OAEP, its recipient by key identifier', [...OAEP, '-keyid']],
  ['RSA-2048', 'OAEP, in pieces', [...OAEP, '-stream', '-outform', 'DER']],
  ['RSA-2048', 'OAEP and AES-256-GCM', ['-aes-256-gcm', ...OAEP.slice(1)]],
  ['P-256', 'ECDH with SHA-256', ECDH],
  ['P-256', 'ECDH as openssl chooses', ['-aes128']],
  ['P-384', 'ECDH with SHA-384', ['-aes256', '-keyopt', 'ecdh_kdf_md:sha384']],
  ['P-256', 'ECDH and AES-128-GCM in PEM', ['-aes-128-gcm', '-outform', 'PEM']],
] as const)(
  'the recovered %s key opens what was encrypted before the phone was lost: %s',
  async (algorithm, _how, args) => {
    const { token } = cast.alva;
    const { projectId } = cast;
    const lost = await enrolPhone(server, token, { projectId }, { algorithm });
    const { id, pem } = encryptionCertificate(lost);
    const message = await encryptFor(pem, 'Grüße from before', args);
    const next = await enrolPhone(server, token, { projectId, recoverCertificateIds: [id] });
    const opened = await openMessage(message, [next]);
    expect(textOf(opened.content)).toBe('Grüße from before');
    expect(opened.certificate).toMatchObject({ id, recovered: true });
    const first = await openMessage(message, [lost]);
    expect(textOf(first.content)).toBe('Grüße from before');
  },
);

test('a certificate that is revoked stays revoked, and its key comes along', async () => {
  const { token } = cast.other;
  const { projectId } = cast;
  const lost = await enrolPhone(server, token, { projectId });
  const { id, pem } = encryptionCertificate(lost);
  await server.database.query(
    `UPDATE certificate SET status = 'REVOKED', revoked_at = now(), revocation_reason = 'superseded' WHERE id = $1`,
    [id],
  );
  expect(await recoverable(server, token, projectId)).toContain(id);
  const next = await enrolPhone(server, token, { projectId, recoverCertificateIds: [id] });
  const along = next.profile.certificates.find((certificate) => certificate.id === id);
  expect(along).toMatchObject({ status: 'REVOKED', recovered: true });
  const opened = await openMessage(await encryptFor(pem, 'old', ECDH), [next]);
  expect(textOf(opened.content)).toBe('old');
  const { data } = await server.graphql(
    '{ myProfiles { id certificates { id kind status keyOrigin recovered } } }',
    {},
    { token },
  );
  const profile = data.myProfiles.find((one: { id: string }) => one.id === next.profile.id);
  expect(profile.certificates).toEqual([
    expect.objectContaining({ kind: 'AUTHENTICATION', keyOrigin: 'DEVICE', recovered: false }),
    expect.objectContaining({ kind: 'ENCRYPTION', keyOrigin: 'SERVER', recovered: false }),
    expect.objectContaining({ id, status: 'REVOKED', keyOrigin: 'SERVER', recovered: true }),
  ]);
});

test('a key goes from phone to phone, but never to another user or project', async () => {
  const { alva, other, projectId, admin } = cast;
  const first = await enrolPhone(server, alva.token, { projectId });
  const { id } = encryptionCertificate(first);
  const elsewhere = await createProject(server, admin, 'elsewhere', ARCHIVING);
  const wish = { recoverCertificateIds: [id] };
  expect(codeOf(await tryOrder(server, other.token, { projectId, ...wish }))).toBe('NOT_FOUND');
  const there = await tryOrder(server, alva.token, { projectId: elsewhere, ...wish });
  expect(codeOf(there)).toBe('NOT_FOUND');
  expect(await recoverable(server, other.token, projectId)).not.toContain(id);
  expect(await recoverable(server, alva.token, elsewhere)).toEqual([]);
  const second = await enrolPhone(server, alva.token, { projectId, ...wish });
  const third = await enrolPhone(server, alva.token, { projectId, ...wish });
  for (const phone of [second, third]) {
    expect(phone.keys.filter(({ kind }) => kind === 'ENCRYPTION')).toHaveLength(2);
  }
});

test('neither an authentication certificate nor one of a key born on a phone can be recovered', async () => {
  const { alva, admin, projectId } = cast;
  const ofPhone = await createProject(server, admin, 'keys of phones', {
    defaultCertificates: ['ENCRYPTION'],
  });
  const device = await enrolPhone(server, alva.token, { projectId: ofPhone });
  const mixed = await enrolPhone(server, alva.token, { projectId });
  const ids = [
    encryptionCertificate(device).id,
    ...mixed.profile.certificates.filter(({ kind }) => kind !== 'ENCRYPTION').map(({ id }) => id),
  ];
  await server.graphql(
    'mutation ($id: ID!) { updateProjectSettings(id: $id, settings: { recoverEncryptionCertificates: true }) { id } }',
    { id: ofPhone },
    { token: admin },
  );
  for (const id of ids) {
    for (const project of [projectId, ofPhone]) {
      const wish = { projectId: project, recoverCertificateIds: [id] };
      expect(codeOf(await tryOrder(server, alva.token, wish))).toBe('NOT_FOUND');
    }
  }
});

test('recovering needs a fresh proof by the rules of its own', async () => {
  const { alva, admin, projectId } = cast;
  const { id } = encryptionCertificate(await enrolPhone(server, alva.token, { projectId }));
  const rules = await server.graphql('{ accessRules { id name resources } }', {}, { token: admin });
  const rule = rules.data.accessRules.find((one: { resources: string[] }) =>
    one.resources.includes('/mobile-id/recover'),
  ) as { id: string };
  const change = (input: object): Promise<unknown> =>
    server.graphql(
      'mutation ($id: ID!, $input: UpdateAccessRuleInput!) { updateAccessRule(id: $id, input: $input) { id } }',
      { id: rule.id, input },
      { token: admin },
    );
  await change({ require: [{ anyOf: [{ method: 'PASSKEY' }] }] });
  const wish = { projectId, recoverCertificateIds: [id] };
  const token = await sessionOf(server, alva.id);
  const refused = await tryOrder(server, token, wish);
  expect(codeOf(refused)).toBe('INSUFFICIENT_USER_AUTHENTICATION');
  expect(refused.errors[0]?.extensions).toMatchObject({ resource: '/mobile-id/recover' });
  expect((await tryOrder(server, token, { projectId })).errors).toEqual([]);
  await change({ require: [{ anyOf: [{ method: 'EMAIL_CODE', maxAgeSeconds: 600 }] }] });
  expect((await tryOrder(server, token, wish)).errors).toEqual([]);
});

test('where the project no longer wants recovery, nobody recovers by himself', async () => {
  const { alva, admin } = cast;
  const projectId = await createProject(server, admin, 'changes its mind', ARCHIVING);
  const { id } = encryptionCertificate(await enrolPhone(server, alva.token, { projectId }));
  await server.graphql(
    'mutation ($id: ID!) { updateProjectSettings(id: $id, settings: { recoverEncryptionCertificates: false }) { id } }',
    { id: projectId },
    { token: admin },
  );
  expect(await recoverable(server, alva.token, projectId)).toEqual([]);
  const wish = { projectId, recoverCertificateIds: [id] };
  expect(codeOf(await tryOrder(server, alva.token, wish))).toBe('NOT_FOUND');
});

test('an operator alone brings no key along for another user', async () => {
  const { alva, operator, projectId } = cast;
  const { id } = encryptionCertificate(await enrolPhone(server, alva.token, { projectId }));
  const answer = await server.graphql(
    'mutation ($userId: ID!, $input: StartEnrolmentInput!) { startEnrolmentForUser(userId: $userId, input: $input) { watchToken } }',
    { userId: alva.id, input: { projectId, recoverCertificateIds: [id] } },
    { token: operator.token },
  );
  expect(codeOf(answer)).toBe('NOT_FOUND');
});

test.each([
  ['the same certificate twice', (id: string) => [id, id], 'INVALID_INPUT'],
  ['something that is no id', () => ['x'], 'NOT_FOUND'],
  ['too many', (id: string) => Array<string>(21).fill(id), 'INVALID_INPUT'],
])('refuses an order that names %s', async (_what, ids, code) => {
  const { alva, projectId } = cast;
  const { id } = encryptionCertificate(await enrolPhone(server, alva.token, { projectId }));
  const wish = { projectId, recoverCertificateIds: ids(id) };
  expect(codeOf(await tryOrder(server, alva.token, wish))).toBe(code);
});
