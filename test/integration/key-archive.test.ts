import {
  createDecipheriv,
  createPrivateKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compactDecrypt } from 'jose';
import { RecoveryKeys } from '../../src/features/certificates/key-archive/key-archive.service';
import { KeyRing, type KeyPurpose } from '../../src/kernel/secrets';
import { gatherCast, order, tryOrder, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import {
  ARCHIVING,
  encryptionCertificate,
  enrolPhone,
  recoverable,
  recoveryPem,
} from '../helpers/key-recovery';
import { HonestOrNotPhone, requestFor } from '../helpers/phone';
import { testRun } from '../helpers/run';
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
  const held = await everythingHeld();
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
  const { cells, opened } = await everythingHeld();
  for (const cell of [...cells, ...opened]) {
    expect(cell.includes(scalar)).toBe(false);
    expect(cell.includes(Buffer.from(pkcs8.toString('base64')))).toBe(false);
  }
});

test('each archived key has a data key of its own, and is bound to its certificate', async () => {
  const a = encryptionCertificate(await enrolPhone(server, cast.alva.token, { projectId }));
  const b = encryptionCertificate(await enrolPhone(server, cast.alva.token, { projectId }));
  const holder = await startTestServer({ database, environment: { RECOVERY_KEY: PEM } });
  try {
    const { work, keyArchive } = holder.app.services;
    const scope = work.read(await work.systemRequest('test', 'test'));
    const open = (id: string) => keyArchive.open(scope, id as never);
    expect((await open(a.id))?.equals((await open(b.id)) ?? Buffer.alloc(0))).toBe(false);
    await database.query(
      `UPDATE archived_key SET jwe = (SELECT jwe FROM archived_key WHERE certificate_id = $2) WHERE certificate_id = $1`,
      [a.id, b.id],
    );
    await expect(open(a.id)).rejects.toThrow('another certificate');
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

/** Database dump, MASTER_KEY with all that derives from it, and DATA_DIR, as who has stolen all of it would look through it. */
async function everythingHeld(): Promise<{
  cells: Buffer[];
  opened: Buffer[];
  privateKeys: KeyObject[];
  secrets: Buffer[];
}> {
  const rows = await allCells();
  const cells = [...rows.flatMap(bytesOf), ...(await allFiles())];
  const masterKey = Buffer.from(testRun().masterKey, 'base64');
  const derived = PURPOSES.map((purpose) =>
    Buffer.from(hkdfSync('sha256', masterKey, '', `signet/${purpose}`, 32)),
  );
  const ring = new KeyRing(masterKey);
  const contexts = [...new Set(rows.filter((cell) => typeof cell === 'string' && ID.test(cell)))];
  const opened = rows.filter(mayBeSealed).flatMap((cell) =>
    SEALING.flatMap((purpose) =>
      contexts.flatMap((context) => {
        const plain = quietly(() => ring.open(purpose, String(context), cell));
        return plain === undefined ? [] : [plain];
      }),
    ),
  );
  const privateKeys = [...cells, ...opened].flatMap((bytes) => privateKeyIn(bytes) ?? []);
  const secrets = [masterKey, ...derived, ...opened, ...cells].flatMap((bytes) =>
    bytes.length === 32 ? [bytes] : [],
  );
  return { cells, opened, privateKeys, secrets };
}

/** What a sealed value may be bound to. */
const ID = /^[\w-]{16,64}$/;
const SEALING: readonly KeyPurpose[] = [
  'ca-key',
  'oauth-signing-key',
  'prepared-key',
  'saml-key',
  'totp-secret',
];
const PURPOSES: readonly KeyPurpose[] = [
  ...SEALING,
  'enrolment-code',
  'watch-token',
  'device-token',
  'challenge',
];

async function allCells(): Promise<unknown[]> {
  const tables = await database.query<{ name: string }>(
    `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const cells: unknown[] = [];
  for (const { name } of tables) {
    for (const row of await database.query(`SELECT * FROM ${name}`)) {
      cells.push(...Object.values(row));
    }
  }
  return cells;
}

function bytesOf(value: unknown): Buffer[] {
  if (Buffer.isBuffer(value)) return [value];
  if (value === null || value instanceof Date) return [];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return [Buffer.from(text), Buffer.from(text, 'base64url')];
}

async function allFiles(): Promise<Buffer[]> {
  const folder = server.dataDir;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name))),
  );
}

function mayBeSealed(cell: unknown): cell is Buffer {
  return Buffer.isBuffer(cell) && cell.length > 28;
}

function privateKeyIn(bytes: Buffer): KeyObject | undefined {
  return (
    quietly(() => createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })) ??
    quietly(() => createPrivateKey(bytes)) ??
    quietly(() => createPrivateKey({ key: JSON.parse(String(bytes)), format: 'jwk' }))
  );
}

function opensAsContentKey(jwe: string, key: Buffer): boolean {
  const [header = '', , iv = '', sealed = '', tag = ''] = jwe.split('.');
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'));
  decipher.setAAD(Buffer.from(header)).setAuthTag(Buffer.from(tag, 'base64url'));
  decipher.update(Buffer.from(sealed, 'base64url'));
  return quietly(() => decipher.final()) !== undefined;
}

function quietly<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
