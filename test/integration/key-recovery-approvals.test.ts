import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openMessage, textOf } from '../../src/phone/messages/message';
import { gatherCast, order, tryOrder, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import {
  ARCHIVING,
  encryptFor,
  encryptionCertificate,
  enrolPhone,
  recoverable,
  scan,
} from '../helpers/key-recovery';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { noteSecret, testRun } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const PROGRAM = resolve(__dirname, '../../dist/src/cli/recovery.js');
const PHONE = resolve(__dirname, '../../dist/src/cli/phone.js');
const ECDH = ['-aes256', '-keyopt', 'ecdh_kdf_md:sha256'];

interface Run {
  readonly code: number;
  readonly output: string;
}

let server: TestServer;
let cast: Cast;
let projectId: string;
let folder: string;
let keyFile: string;
const officers: string[] = [];

function runProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> {
  return new Promise((done) => {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', ...environment };
    execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) => {
      done({ code: Number(error?.code ?? 0), output: stdout + stderr });
    });
  });
}

function recovery(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Run> {
  return runProgram(PROGRAM, args, { DATABASE_URL: server.database.url, ...more });
}

const withKeys = (): Record<string, string> => ({
  MASTER_KEY: testRun().masterKey,
  RECOVERY_KEY: keyFile,
});

/** The server never sees the recovery key: its public half is in the database, its private half in a file. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signet-recovery-'));
  keyFile = join(folder, 'recovery.pem');
  server = await startTestServer();
  const made = await recovery(['init', '--out', keyFile, '--algorithm', 'P-256']);
  if (made.code !== 0) throw new Error(made.output);
  noteSecret(await readFile(keyFile, 'utf8'));
  cast = await gatherCast(server, ARCHIVING);
  ({ projectId } = cast);
  for (const name of ['omar', 'orla']) {
    const { id } = await createPerson(server, cast.admin, name, ['OPERATOR']);
    officers.push(await sessionOf(server, id));
  }
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function request(
  token: string,
  certificateIds: readonly string[],
  more: object = {},
): Promise<GraphqlAnswer<any>> {
  return server.graphql(
    `mutation ($input: KeyRecoveryInput!) { requestKeyRecovery(input: $input) {
       id state expiresAt user { username } requester { username } certificates { id } approvals { at } awaitsKey } }`,
    { input: { userId: cast.alva.id, certificateIds, reason: 'Lost phone.', ...more } },
    { token },
  );
}

function approve(token: string | undefined, id: string): Promise<GraphqlAnswer<any>> {
  return server.graphql(
    'mutation ($id: ID!) { approveKeyRecovery(id: $id) { state awaitsKey approvals { approver { username } } } }',
    { id },
    token === undefined ? {} : { token },
  );
}

async function lostCertificate(): Promise<{ id: string; pem: string }> {
  return encryptionCertificate(await enrolPhone(server, cast.alva.token, { projectId }));
}

async function requested(id: string): Promise<string> {
  const { data, errors } = await request(cast.operator.token, [id]);
  expect(errors).toEqual([]);
  return data.requestKeyRecovery.id as string;
}

async function approved(certificateId: string): Promise<string> {
  const id = await requested(certificateId);
  for (const token of officers) expect((await approve(token, id)).errors).toEqual([]);
  return id;
}

async function stateOf(id: string): Promise<string | undefined> {
  const [row] = await server.database.query<{ state: string }>(
    'SELECT state FROM key_recovery WHERE id = $1',
    [id],
  );
  return row?.state;
}

test('a key comes back by two approvers, and by the recovery key where that is', async () => {
  const { id, pem } = await lostCertificate();
  const message = await encryptFor(pem, 'from before', ECDH);
  const wish = { projectId, recoverCertificateIds: [id] };
  const recoveryId = await requested(id);
  expect((await approve(officers[0], recoveryId)).data.approveKeyRecovery.state).toBe('REQUESTED');
  const second = await approve(officers[1], recoveryId);
  expect(second.data.approveKeyRecovery).toEqual({
    state: 'APPROVED',
    awaitsKey: true,
    approvals: [{ approver: { username: 'omar' } }, { approver: { username: 'orla' } }],
  });
  expect(codeOf(await tryOrder(server, cast.alva.token, wish))).toBe('NOT_FOUND');
  expect((await recovery(['list'])).output).toContain(`${recoveryId}  alva  until `);
  expect(await recovery(['run'], withKeys())).toEqual({
    code: 0,
    output: `${recoveryId}  alva  1 of 1 keys opened\n`,
  });
  expect(await recovery(['run'], withKeys())).toMatchObject({
    output: 'No approved recovery waits.\n',
  });
  expect(await recoverable(server, cast.alva.token, projectId)).toEqual([id]);
  const keep = join(folder, 'phone.json');
  const { code } = await order(server, cast.alva.token, wish);
  const out = join(folder, 'certificates');
  const link = `${server.url}/m#${code}`;
  expect(await runProgram(PHONE, [link, '--keep', keep, '--out', out])).toMatchObject({ code: 0 });
  expect(await readFile(join(out, 'encryption-1.pem'), 'utf8')).toBe(pem);
  expect(await readFile(join(out, 'encryption.pem'), 'utf8')).not.toBe(pem);
  await writeFile(join(folder, 'smime.p7m'), message);
  const opened = await runProgram(PHONE, ['decrypt', join(folder, 'smime.p7m'), '--keep', keep]);
  expect(opened).toMatchObject({ code: 0 });
  expect(opened.output).toContain('from before');
  expect(await stateOf(recoveryId)).toBe('USED');
  expect(await server.database.query('SELECT * FROM prepared_key')).toEqual([]);
  expect(codeOf(await tryOrder(server, cast.alva.token, wish))).toBe('NOT_FOUND');
  const told = await server.database.query<{ action: string }>(
    'SELECT action FROM audit_entry WHERE target = $1 ORDER BY id',
    [`key-recovery:${recoveryId}`],
  );
  expect(told.map(({ action }) => action)).toEqual([
    'key-recovery.request',
    'key-recovery.approve',
    'key-recovery.approve',
    'key-recovery.grant',
    'key-recovery.prepare',
    'key-recovery.use',
  ]);
});

test('neither who asked, nor the holder, nor one approver twice makes two approvers', async () => {
  const { id } = await lostCertificate();
  const recoveryId = await requested(id);
  expect(codeOf(await approve(cast.operator.token, recoveryId))).toBe('FORBIDDEN');
  await server.database.query(`UPDATE app_user SET roles = '{USER,OPERATOR}' WHERE id = $1`, [
    cast.alva.id,
  ]);
  const holder = await approve(await sessionOf(server, cast.alva.id), recoveryId);
  expect(holder.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'INVOLVED' });
  await server.database.query(`UPDATE app_user SET roles = '{USER}' WHERE id = $1`, [cast.alva.id]);
  expect((await approve(officers[0], recoveryId)).errors).toEqual([]);
  expect(codeOf(await approve(officers[0], recoveryId))).toBe('FORBIDDEN');
  expect(await stateOf(recoveryId)).toBe('REQUESTED');
  expect(codeOf(await approve(undefined, recoveryId))).toBe('UNAUTHENTICATED');
  expect(codeOf(await approve(cast.other.token, recoveryId))).toBe('FORBIDDEN');
});

test('the same approver at once on many connections still counts once', async () => {
  const { id } = await lostCertificate();
  const recoveryId = await requested(id);
  const answers = await Promise.all([1, 2, 3, 4].map(() => approve(officers[0], recoveryId)));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(await stateOf(recoveryId)).toBe('REQUESTED');
});

test('the approval of who has lost the role meanwhile does not count', async () => {
  const { id } = await lostCertificate();
  const recoveryId = await requested(id);
  const { id: leaving } = await createPerson(server, cast.admin, newName('leaving'), ['OPERATOR']);
  expect((await approve(await sessionOf(server, leaving), recoveryId)).errors).toEqual([]);
  await server.database.query(`UPDATE app_user SET roles = '{USER}' WHERE id = $1`, [leaving]);
  expect((await approve(officers[0], recoveryId)).data.approveKeyRecovery.state).toBe('REQUESTED');
  expect((await approve(officers[1], recoveryId)).data.approveKeyRecovery.state).toBe('APPROVED');
});

describe('once it is approved, and opened where the recovery key is,', () => {
  const people = new Map<string, { id: string; token: string }>();
  let certificateId: string;
  let recoveryId: string;

  beforeEach(async () => {
    for (const part of ['asker', 'first', 'second']) {
      const { id } = await createPerson(server, cast.admin, newName(part), ['OPERATOR']);
      people.set(part, { id, token: await sessionOf(server, id) });
    }
    ({ id: certificateId } = await lostCertificate());
    const { data } = await request(people.get('asker')?.token ?? '', [certificateId]);
    recoveryId = data.requestKeyRecovery.id as string;
    for (const part of ['first', 'second']) {
      await approve(people.get(part)?.token, recoveryId);
    }
    await recovery(['run'], withKeys());
    const ready = await recoverable(server, cast.alva.token, projectId);
    if (!ready.includes(certificateId)) throw new Error('It cannot be recovered.');
  });

  test.each([
    ['first', 'lockUser', 'id: $id, reason: "Not to be trusted."'],
    ['second', 'deactivateUser', 'id: $id'],
    ['second', 'setUserRoles', 'id: $id, roles: [USER]'],
    ['asker', 'lockUser', 'id: $id, reason: "Not to be trusted."'],
  ])('nothing comes back without the %s: %s', async (part, field, args) => {
    const wish = { projectId, recoverCertificateIds: [certificateId] };
    const placed = await order(server, cast.alva.token, wish);
    const answer = await server.graphql(
      `mutation ($id: ID!) { ${field}(${args}) { id } }`,
      { id: people.get(part)?.id },
      { token: cast.admin },
    );
    expect(answer.errors).toEqual([]);
    expect(await stateOf(recoveryId)).toBe('REJECTED');
    const prepared = 'SELECT 1 FROM prepared_key WHERE recovery_id = $1';
    expect(await server.database.query(prepared, [recoveryId])).toEqual([]);
    expect(await recoverable(server, cast.alva.token, projectId)).not.toContain(certificateId);
    await expect(scan(server, placed.code)).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
  });

  test('it is asked again when it is used: an approval that came at the same moment as the end of its approver opens nothing', async () => {
    await server.database.query(
      `UPDATE app_user SET state = 'LOCKED', roles = '{}' WHERE id = $1`,
      [people.get('first')?.id],
    );
    const wish = { projectId, recoverCertificateIds: [certificateId] };
    expect(codeOf(await tryOrder(server, cast.alva.token, wish))).toBe('NOT_FOUND');
    await server.database.query('DELETE FROM prepared_key WHERE recovery_id = $1', [recoveryId]);
    expect((await recovery(['run'], withKeys())).output).toBe('No approved recovery waits.\n');
  });
});

test("under another master key than the server's nothing is opened", async () => {
  const { id } = await lostCertificate();
  const recoveryId = await approved(id);
  const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
  const wrong = await recovery(['run'], { ...withKeys(), MASTER_KEY });
  expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining('MASTER_KEY') });
  expect((await recovery(['list'])).output).toContain(recoveryId);
  expect((await recovery(['run'], withKeys())).code).toBe(0);
});

test('an approval that has run out brings nothing along, not even into an order that was placed in time', async () => {
  const { id } = await lostCertificate();
  const recoveryId = await approved(id);
  expect((await recovery(['run'], withKeys())).code).toBe(0);
  const wish = { projectId, recoverCertificateIds: [id] };
  const placed = await order(server, cast.alva.token, wish);
  await server.database.query(
    `UPDATE key_recovery SET expires_at = now() - interval '1 second' WHERE id = $1`,
    [recoveryId],
  );
  await expect(scan(server, placed.code)).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
  expect(codeOf(await tryOrder(server, cast.alva.token, wish))).toBe('NOT_FOUND');
  await eventually(async () => ((await stateOf(recoveryId)) === 'EXPIRED' ? true : undefined));
  expect(
    await server.database.query('SELECT 1 FROM prepared_key WHERE recovery_id = $1', [recoveryId]),
  ).toEqual([]);
});

test('an approval is good for one mobile ID, however many orders lie ready', async () => {
  const { id } = await lostCertificate();
  await approved(id);
  expect((await recovery(['run'], withKeys())).code).toBe(0);
  const wish = { projectId, recoverCertificateIds: [id] };
  const first = await order(server, cast.alva.token, wish);
  const phone = await scan(server, first.code);
  expect(phone.keys.filter(({ kind }) => kind === 'ENCRYPTION')).toHaveLength(2);
  expect(codeOf(await tryOrder(server, cast.alva.token, wish))).toBe('NOT_FOUND');
});

test('an operator may order for the holder what two others have approved', async () => {
  const { id, pem } = await lostCertificate();
  await approved(id);
  expect((await recovery(['run'], withKeys())).code).toBe(0);
  const { data, errors } = await server.graphql(
    `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
       startEnrolmentForUser(userId: $userId, input: $input) { enrolment { qr { uri } } } }`,
    { userId: cast.alva.id, input: { projectId, recoverCertificateIds: [id] } },
    { token: cast.operator.token },
  );
  expect(errors).toEqual([]);
  const uri = data.startEnrolmentForUser.enrolment.qr.uri as string;
  const phone = await scan(server, uri.split('#')[1] ?? '');
  const opened = await openMessage(await encryptFor(pem, 'for the holder', ECDH), [phone]);
  expect(textOf(opened.content)).toBe('for the holder');
});

test('what is rejected, or whose holder is locked, cannot be approved any more', async () => {
  const { id } = await lostCertificate();
  const rejected = await approved(id);
  expect((await recovery(['run'], withKeys())).code).toBe(0);
  const reject = (recoveryId: string): Promise<GraphqlAnswer<any>> =>
    server.graphql(
      'mutation ($id: ID!) { rejectKeyRecovery(id: $id, reason: "No.") { state } }',
      { id: recoveryId },
      { token: officers[0] ?? '' },
    );
  expect((await reject(rejected)).data.rejectKeyRecovery.state).toBe('REJECTED');
  expect(codeOf(await reject(rejected))).toBe('INVALID_TRANSITION');
  expect(codeOf(await approve(officers[1], rejected))).toBe('INVALID_TRANSITION');
  expect(await recoverable(server, cast.alva.token, projectId)).not.toContain(id);
  const ofLocked = await createPerson(server, cast.admin, newName('locked'));
  const token = await sessionOf(server, ofLocked.id);
  const own = encryptionCertificate(await enrolPhone(server, token, { projectId }));
  const answer = await request(cast.operator.token, [own.id], { userId: ofLocked.id });
  const open = answer.data.requestKeyRecovery.id as string;
  await server.graphql(
    'mutation ($id: ID!) { lockUser(id: $id, reason: "Gone.") { id } }',
    { id: ofLocked.id },
    { token: cast.operator.token },
  );
  expect(await stateOf(open)).toBe('REJECTED');
  const after = await request(cast.operator.token, [own.id], { userId: ofLocked.id });
  expect(codeOf(after)).toBe('USER_NOT_ACTIVE');
});

test('nobody asks for certificates that are not archived, or of who holds a role he lacks', async () => {
  const { id } = await lostCertificate();
  const other = { userId: cast.other.id };
  expect(codeOf(await request(cast.operator.token, [id], other))).toBe('NOT_FOUND');
  const { profile } = await enrolPhone(server, cast.alva.token, { projectId });
  const signing = profile.certificates.find(({ kind }) => kind === 'AUTHENTICATION')?.id ?? '';
  expect(codeOf(await request(cast.operator.token, [signing]))).toBe('NOT_FOUND');
  expect(codeOf(await request(cast.operator.token, [id], { reason: ' ' }))).toBe('INVALID_INPUT');
  expect(codeOf(await request(cast.operator.token, []))).toBe('INVALID_INPUT');
  const ofAdmin = { userId: cast.adminId };
  expect(codeOf(await request(cast.operator.token, [id], ofAdmin))).toBe('FORBIDDEN');
});

test('the console keeps the private half in one file, for its owner alone, and never over another', async () => {
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  const before = await readFile(keyFile, 'utf8');
  expect(await recovery(['init', '--out', keyFile])).toMatchObject({ code: 1 });
  const over = await recovery(['init', '--out', keyFile, '--new']);
  expect(over).toMatchObject({ code: 1 });
  expect(over.output).toContain('is there already');
  expect(await readFile(keyFile, 'utf8')).toBe(before);
  const keys = await server.database.query('SELECT id FROM recovery_key');
  expect(keys).toHaveLength(1);
  expect(await recovery(['run'], { MASTER_KEY: testRun().masterKey })).toMatchObject({ code: 1 });
  for (const wrong of [
    [],
    ['init'],
    ['run', '--out', 'x'],
    ['burn'],
    ['init', '--algorithm', 'x'],
  ]) {
    expect(await recovery(wrong)).toMatchObject({ code: 2 });
  }
});

test('after another key has taken its place, the former one still opens what was archived for it', async () => {
  const { id } = await lostCertificate();
  const project = await createProject(server, cast.admin, newName('second key'), ARCHIVING);
  const next = join(folder, 'next.pem');
  expect(await recovery(['init', '--out', next, '--new'])).toMatchObject({ code: 0 });
  noteSecret(await readFile(next, 'utf8'));
  const later = encryptionCertificate(
    await enrolPhone(server, cast.alva.token, { projectId: project }),
  );
  const { data } = await request(cast.operator.token, [id, later.id]);
  const recoveryId = data.requestKeyRecovery.id as string;
  for (const token of officers) await approve(token, recoveryId);
  const half = await recovery(['run'], withKeys());
  expect(half).toMatchObject({ code: 1 });
  expect(half.output).toContain('1 of 2 keys opened');
  const rest = await recovery(['run'], { ...withKeys(), RECOVERY_KEY: next });
  expect(rest.output).toContain('1 of 1 keys opened');
});
