import { createDecipheriv, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { compactDecrypt } from 'jose';
import { RecoveryKeys } from '../../src/features/certificates/key-archive/key-archive.service';
import { gatherCast, order, tryOrder, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { everythingHeld, quietly } from '../helpers/holdings';
import {
  ARCHIVING,
  encryptionCertificate,
  enrolPhone,
  recoverable,
  recoveryPem,
  scan,
} from '../helpers/key-recovery';
import { HonestOrNotPhone, requestFor } from '../helpers/phone';
import { startTestServer, type TestServer } from '../helpers/server';
import { createTestDatabase, type TestDatabase } from '../helpers/database';

const PEM = recoveryPem();
let database: TestDatabase;
let server: TestServer;
let cast: Cast;
let projectId: string;

/** First a server that has the recovery key, then one that knows its public half from the database alone. */
beforeAll(async () => {
  database = await createTestDatabase();
  const first = await startTestServer({ database, environment: { RECOVERY_KEY: PEM } });
  cast = await gatherCast(first, ARCHIVING);
  ({ projectId } = cast);
  await first.stop();
  server = await startTestServer({ database });
});
afterAll(async () => {
  await server.stop();
  await database.drop();
});

test('without the recovery key, nothing that the server holds opens the archive', async () => {
  const mobileId = await enrolPhone(server, cast.alva.token, { projectId });
  const { id } = encryptionCertificate(mobileId);
  const [row] = await database.query<{ jwe: string }>(
    'SELECT jwe FROM archived_key WHERE certificate_id = $1',
    [id],
  );
  const jwe = row?.jwe ?? '';
  const held = await everythingHeld(server);
  expect(held.privateKeys.length).toBeGreaterThanOrEqual(3); // root, issuing CA, OAuth or SAML
  expect(held.secrets.length).toBeGreaterThan(20);
  for (const key of held.privateKeys) {
    await expect(compactDecrypt(jwe, key)).rejects.toThrow();
  }
  for (const secret of held.secrets) expect(opensAsContentKey(jwe, secret)).toBe(false);
  // The same attempts are no empty show: the recovery key opens it, and so would its content key.
  const recoveryKey = createPrivateKey(PEM);
  const { plaintext, protectedHeader } = await compactDecrypt(jwe, recoveryKey);
  expect(protectedHeader).toMatchObject({ certificateId: id, enc: 'A256GCM' });
  expect(createPrivateKey({ key: Buffer.from(plaintext), format: 'der', type: 'pkcs8' }).type).toBe(
    'private',
  );
});

test('nowhere in the database stands the private key itself, sealed or not', async () => {
  const { keys } = await enrolPhone(
    server,
    cast.alva.token,
    { projectId },
    { extractableKeys: true },
  );
  const key = keys.find(({ kind }) => kind === 'ENCRYPTION');
  if (key === undefined) throw new Error('There is no encryption key.');
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', key.privateKey));
  const scalar = Buffer.from(
    (await crypto.subtle.exportKey('jwk', key.privateKey)).d ?? '',
    'base64url',
  );
  const { cells, opened } = await everythingHeld(server);
  for (const cell of [...cells, ...opened]) {
    expect(cell.includes(scalar)).toBe(false);
    expect(cell.includes(Buffer.from(pkcs8.toString('base64')))).toBe(false);
  }
});

test('each archived key has a data key of its own, and is bound to its certificate and its holder', async () => {
  const a = encryptionCertificate(await enrolPhone(server, cast.alva.token, { projectId }));
  const b = encryptionCertificate(await enrolPhone(server, cast.alva.token, { projectId }));
  const holder = await startTestServer({ database, environment: { RECOVERY_KEY: PEM } });
  try {
    const { work, keyArchive } = holder.app.services;
    const scope = work.read(await work.systemRequest('test', 'test'));
    const open = (certificateId: string, userId = cast.alva.id) =>
      keyArchive.open(scope, { certificateId, userId } as never);
    expect((await open(a.id))?.equals((await open(b.id)) ?? Buffer.alloc(0))).toBe(false);
    await expect(open(a.id, cast.other.id)).rejects.toThrow('another user');
    await database.query(
      `UPDATE archived_key SET jwe = (SELECT jwe FROM archived_key WHERE certificate_id = $2) WHERE certificate_id = $1`,
      [a.id, b.id],
    );
    await expect(open(a.id)).rejects.toThrow('another certificate');
  } finally {
    await holder.stop();
  }
});

test('who can change the database cannot have the key of another user by giving him the certificate', async () => {
  const { profile } = await enrolPhone(server, cast.alva.token, { projectId });
  const own = encryptionCertificate(await enrolPhone(server, cast.other.token, { projectId }));
  const holder = await startTestServer({ database, environment: { RECOVERY_KEY: PEM } });
  try {
    const taken = profile.certificates.find(({ kind }) => kind === 'ENCRYPTION')?.id ?? '';
    await database.query('UPDATE profile SET user_id = $2 WHERE id = $1', [
      profile.id,
      cast.other.id,
    ]);
    const recoverCertificateIds = [own.id, taken];
    const { code } = await order(holder, cast.other.token, { projectId, recoverCertificateIds });
    await expect(scan(holder, code)).rejects.toMatchObject({ code: 'INTERNAL' });
    const delivered = await database.query(
      'SELECT 1 FROM wrapped_key WHERE certificate_id = $1 AND profile_id <> $2',
      [taken, profile.id],
    );
    expect(delivered).toEqual([]);
  } finally {
    await holder.stop();
  }
});

test('a server without the recovery key offers no recovery by oneself', async () => {
  const { id } = encryptionCertificate(await enrolPhone(server, cast.alva.token, { projectId }));
  expect(await recoverable(server, cast.alva.token, projectId)).toEqual([]);
  const wish = { projectId, recoverCertificateIds: [id] };
  expect(codeOf(await tryOrder(server, cast.alva.token, wish))).toBe('NOT_FOUND');
});

test('the recovery key that a server has brought stands in the audit log, once', async () => {
  const again = await startTestServer({ database, environment: { RECOVERY_KEY: PEM } });
  await again.stop();
  const [key] = await database.query<{ id: string }>('SELECT id FROM recovery_key');
  const entries = await database.query(
    `SELECT actor, target FROM audit_entry WHERE action = 'recovery-key.introduce'`,
  );
  expect(entries).toEqual([
    { actor: 'system:first-start', target: `recovery-key:${key?.id ?? ''}` },
  ]);
});

test('no server starts with a recovery key that nothing is archived for', async () => {
  const stranger = startTestServer({ database, environment: { RECOVERY_KEY: recoveryPem() } });
  await expect(stranger).rejects.toThrow('RECOVERY_KEY is none of the keys');
});

test.each([
  ['no PEM', 'junk', 'private key in PEM'],
  [
    'a weak key',
    generateKeyPairSync('rsa', { modulusLength: 1024 })
      .privateKey.export({ format: 'pem', type: 'pkcs8' })
      .toString(),
    '2048 bits',
  ],
])('%s is no recovery key', async (_what, pem, why) => {
  await expect(RecoveryKeys.parse(pem)).rejects.toThrow(why);
});

test('without any recovery key no project can want archiving', async () => {
  const bare = await startTestServer();
  try {
    const { admin, projectId: plain } = await gatherCast(bare);
    const update = await bare.graphql(
      'mutation ($id: ID!) { updateProjectSettings(id: $id, settings: { recoverEncryptionCertificates: true }) { id } }',
      { id: plain },
      { token: admin },
    );
    expect(codeOf(update)).toBe('INVALID_INPUT');
    expect(update.errors[0]?.extensions).toMatchObject({
      fields: [{ field: 'settings.recoverEncryptionCertificates' }],
    });
    const create = await bare.graphql(
      'mutation ($input: CreateProjectInput!) { createProject(input: $input) { id } }',
      { input: { name: 'archiving', settings: { recoverEncryptionCertificates: true } } },
      { token: admin },
    );
    expect(codeOf(create)).toBe('INVALID_INPUT');
  } finally {
    await bare.stop();
  }
});

describe('where keys are archived, the types of encryption keys include one that the server makes', () => {
  const LIMIT = `mutation ($id: ID!, $types: [String!]) {
    updateCertificateProfile(projectId: $id, input: { kind: ENCRYPTION, keyAlgorithms: $types }) { id } }`;
  const ARCHIVE = `mutation ($id: ID!, $archive: Boolean) {
    updateProjectSettings(id: $id, settings: { recoverEncryptionCertificates: $archive }) { id } }`;
  const ask = (query: string, variables: Readonly<Record<string, unknown>>) =>
    server.graphql(query, variables, { token: cast.admin });
  const fieldsOf = ({ errors }: Awaited<ReturnType<typeof ask>>): unknown =>
    errors
      .flatMap(({ extensions }) => extensions['fields'])
      .map((f) => (f as { field: string }).field);

  test('while they are limited', async () => {
    const id = await createProject(server, cast.admin, newName('project'), ARCHIVING);
    expect(fieldsOf(await ask(LIMIT, { id, types: ['RSA-4096'] }))).toEqual([
      'input.keyAlgorithms',
    ]);
    expect((await ask(LIMIT, { id, types: ['RSA-4096', 'P-384'] })).errors).toEqual([]);
  });

  test('while archiving is switched on', async () => {
    const id = await createProject(server, cast.admin, newName('project'));
    expect((await ask(LIMIT, { id, types: ['RSA-4096'] })).errors).toEqual([]);
    expect(fieldsOf(await ask(ARCHIVE, { id, archive: true }))).toEqual([
      'settings.recoverEncryptionCertificates',
    ]);
  });
});

test('the database refuses to archive a key of any other kind, or of a phone', async () => {
  const { profile } = await enrolPhone(server, cast.alva.token, { projectId });
  const authentication = profile.certificates.find(({ kind }) => kind === 'AUTHENTICATION');
  const store = (kind: string, origin: string): Promise<unknown> =>
    database.query(
      `INSERT INTO archived_key (certificate_id, kind, key_origin, recovery_key_id, jwe, created_at)
       VALUES ($1, $2, $3, 'x', 'x', now())`,
      [authentication?.id, kind, origin],
    );
  await expect(store('AUTHENTICATION', 'DEVICE')).rejects.toThrow('archived_key_encrypts');
  await expect(store('ENCRYPTION', 'SERVER')).rejects.toThrow('archived_key_of_certificate');
  const pretend = database.query(`UPDATE certificate SET key_origin = 'SERVER' WHERE id = $1`, [
    authentication?.id,
  ]);
  await expect(pretend).rejects.toThrow('certificate_server_keys_encrypt');
  const encryption = profile.certificates.find(({ kind }) => kind === 'ENCRYPTION');
  await expect(
    database.query(
      `UPDATE certificate SET kind = 'SIGNATURE', key_origin = 'DEVICE' WHERE id = $1`,
      [encryption?.id],
    ),
  ).rejects.toThrow('archived_key_of_certificate');
});

test.each([
  [
    'wrapped for a phone',
    'wrapped_key',
    'profile_id, certificate_id, jwe, created_at',
    `'x', now()`,
  ],
  ['prepared for one', 'prepared_key', 'recovery_id, certificate_id, sealed_key', `'x'`],
  ['recovered', 'recovered_certificate', 'profile_id, certificate_id, recovered_at', 'now()'],
  ['ordered along', 'enrolment_recovery', 'enrolment_id, certificate_id', ''],
])('nor can any other key be %s', async (_how, table, columns, rest) => {
  const { profile } = await enrolPhone(server, cast.alva.token, { projectId });
  const authentication = profile.certificates.find(({ kind }) => kind === 'AUTHENTICATION');
  const values = ['gen_random_uuid()', '$1', ...(rest === '' ? [] : [rest])].join(', ');
  const store = database.query(`INSERT INTO ${table} (${columns}) VALUES (${values})`, [
    authentication?.id,
  ]);
  await expect(store).rejects.toThrow(`violates foreign key constraint "${table}_`);
});

test.each(['AUTHENTICATION', 'SIGNATURE'])('nor kept for an EST client, if %s', async (kind) => {
  const store = database.query(
    `INSERT INTO est_answer (origin_id, kind, certificate_id, request_digest, sealed_key, created_at)
     VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'x', 'x', now())`,
    [kind],
  );
  await expect(store).rejects.toThrow('est_answer_keys_encrypt');
});

test('for signing keys the task asks the phone alone, whatever the project archives', async () => {
  const certificates = ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'];
  const { code } = await order(server, cast.alva.token, { projectId, certificates });
  const phone = new HonestOrNotPhone(server);
  const task = await phone.claim(code);
  expect(task.keyRequests.map(({ kind, origin }) => [kind, origin])).toEqual([
    ['AUTHENTICATION', 'DEVICE'],
    ['SIGNATURE', 'DEVICE'],
    ['ENCRYPTION', 'SERVER'],
  ]);
  const signing = ['AUTHENTICATION', 'SIGNATURE'] as const;
  const all = [...signing, 'ENCRYPTION'] as const;
  const withRequestForIt = await phone.tryActivate(
    task,
    all.map((kind) => requestFor(kind, task.challenge)),
  );
  expect(codeOf(withRequestForIt)).toBe('CSR_REJECTED');
  const oneMissing = await phone.tryActivate(task, [requestFor('SIGNATURE', task.challenge)]);
  expect(codeOf(oneMissing)).toBe('CSR_REJECTED');
});

function opensAsContentKey(jwe: string, key: Buffer): boolean {
  const [header = '', , iv = '', sealed = '', tag = ''] = jwe.split('.');
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'));
  decipher.setAAD(Buffer.from(header)).setAuthTag(Buffer.from(tag, 'base64url'));
  decipher.update(Buffer.from(sealed, 'base64url'));
  return quietly(() => decipher.final()) !== undefined;
}
