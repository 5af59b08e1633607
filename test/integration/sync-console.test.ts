import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gatherCast, type Cast } from '../helpers/cast';
import { runConsole, type Run } from '../helpers/processes/console';
import { csvOf } from '../helpers/imports';
import { addMember, invitedCode } from '../helpers/members';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import { testRun } from '../helpers/run';
import { createSelfRegistration } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';

const PROGRAM = resolve(__dirname, '../../dist/src/cli/sync.js');
const HEADER = ['e-mail', 'first name', 'last name', 'ID', 'sync ID'];
const MEGABYTE = 1024 * 1024;
const HEAP_MEGABYTES = 64;

let server: TestServer;
let cast: Cast;
let folder: string;
let file: string;
let projectId: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  folder = await mkdtemp(join(tmpdir(), 'signet-sync-'));
  file = join(folder, 'users.csv');
});
beforeEach(async () => {
  projectId = await createProject(server, cast.admin, newName('project'), { channels: ['EMAIL'] });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await server.stop();
});

const environment = (): Record<string, string> => ({
  DATABASE_URL: server.database.serverUrl,
  MASTER_KEY: testRun().masterKey,
});
async function sync(rows: readonly (readonly string[])[], ...args: string[]): Promise<Run> {
  await writeFile(file, csvOf(HEADER, rows));
  return runConsole('sync', environment(), file, '--project', projectId, ...args);
}
const memberCount = async (): Promise<number> =>
  (
    await server.database.query<{ count: number }>(
      'SELECT count(*)::int FROM project_member WHERE project_id = $1 AND removed_at IS NULL',
      [projectId],
    )
  )[0]?.count ?? 0;

describe('the console', () => {
  test('adds and invites by the running server, tells each difference, and then finds nothing to do', async () => {
    const [a, b] = [newName('a'), newName('b')];
    const rows = [
      [`${a}@example.org`, 'Ada', a, '', 'S-1'],
      [`${b}@example.org`, 'Bo', b, 'H-2', ''],
    ];
    const { code, stdout, stderr } = await sync(rows);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `+ ${a}@example.org Ada ${a} (S-1): is invited\n+ ${b}@example.org Bo ${b}: is invited\n`,
    });
    expect(stderr).toContain('2 rows in utf-8, parted by commas\n');
    expect(stderr).toContain('2 added, 0 updated, 0 removed, 0 unchanged; 2 invitations.\n');
    const { profile } = await new HonestOrNotPhone(server).enrol(
      await invitedCode(server, `${a}@example.org`),
    );
    expect(profile).toMatchObject({ state: 'ACTIVE' });
    const again = await sync(rows);
    expect([again.code, again.stdout]).toEqual([0, '']);
    expect(again.stderr).toContain('0 added, 0 updated, 0 removed, 2 unchanged; 0 invitations.');
    const actors = await server.database.query(
      `SELECT DISTINCT actor FROM audit_entry WHERE action = 'project.import-users' AND target = $1`,
      [`project:${projectId}`],
    );
    expect(actors).toEqual([{ actor: 'system:console' }]);
  });

  test('tells what would be, and who is kept, and changes nothing in a dry run', async () => {
    const [a, b, boss] = [newName('a'), newName('b'), newName('boss')];
    await sync([
      [`${a}@example.org`, 'Ada', a, 'H-1', 'S-1'],
      [`${b}@example.org`, 'Bo', b, '', ''],
    ]);
    const { id } = await createPerson(server, cast.admin, boss, ['OPERATOR']);
    await addMember(server, cast.admin, { projectId, userId: id, invite: false });
    const changed = [[`${a}2@example.org`, 'Ada', 'Other', '', 'S-1']];
    const { code, stdout, stderr } = await sync(changed, '--dry-run', '--max-removed', '50');
    expect(code).toBe(0);
    expect(stdout.split('\n').sort()).toEqual([
      '',
      `- ${b}@example.org Bo ${b}`,
      `= ${boss}@example.org ${boss}: is not in the file, and holds a role`,
      `~ ${a}2@example.org Ada Other (S-1): name "Ada ${a}" → "Ada Other"; e-mail "${a}@example.org" → "${a}2@example.org"; ID "H-1" → nothing; is invited`,
    ]);
    expect(stderr).toContain(
      'Nothing was changed. It would be: 0 added, 1 updated, 1 removed, 1 kept, 0 unchanged; 1 invitation.',
    );
    expect(await memberCount()).toBe(3);
  });

  test('says what is wrong by line and column, and ends with 1', async () => {
    const { code, stdout, stderr } = await sync([['nobody', '', '', '', '']]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('line 2, e-mail: It is no e-mail address.\n');
    expect(stderr).toContain('line 2, last name: It must not be empty.\n');
    expect(stderr).toContain('2 problems: nothing was changed.\n');
  });

  test.each([
    ['is not there', (): string => join(folder, 'nothing.csv'), 'There is no file'],
    ['is a folder', (): string => folder, 'is a folder'],
  ])('says in one line that a file %s', async (_, path, words) => {
    const args = [path(), '--project', projectId];
    const { code, stdout, stderr } = await runConsole('sync', environment(), ...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(words);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('says which projects have members, where this one has none', async () => {
    projectId = (await createSelfRegistration(server, cast.admin)).projectId;
    const { code, stderr } = await sync([]);
    expect(code).toBe(1);
    expect(stderr).toContain('SELF_REGISTRATION project has no members');
  });

  test('removes no more than may be, unless told to, and says how', async () => {
    await sync([
      [`${newName('a')}@example.org`, 'A', 'B', '', ''],
      [`${newName('b')}@example.org`, 'A', 'B', '', ''],
    ]);
    for (const dry of [[], ['--dry-run']]) {
      const { code, stderr } = await sync([], ...dry);
      expect(code).toBe(1);
      expect(stderr).toContain(
        '2 of 2 members would be removed, more than the 10 % that may be at once',
      );
      expect(stderr).toContain('--max-removed');
    }
    expect(await memberCount()).toBe(2);
    expect((await sync([], '--max-removed', '100')).code).toBe(0);
    expect(await memberCount()).toBe(0);
  });

  test('reads standard input, and finds a project by its name', async () => {
    const name = newName('named');
    projectId = await createProject(server, cast.admin, name);
    const child = spawn(process.execPath, [PROGRAM, '-', '--project', name], {
      env: { PATH: '/usr/bin:/bin', ...environment() },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.end(csvOf(HEADER, [[`${newName('a')}@example.org`, 'A', 'B', '', '']]));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(await memberCount()).toBe(1);
  });

  test.each([
    ['without a file', ['--project', 'x'], 'Name one file, or - for standard input.'],
    ['without a project', ['x.csv'], 'Name the project: --project ID-OR-NAME.'],
    [
      'with two files',
      ['a.csv', 'b.csv', '--project', 'x'],
      'Name one file, or - for standard input.',
    ],
    [
      'with an unknown option',
      ['a.csv', '--project', 'x', '--force'],
      'There is no option --force.',
    ],
    [
      'with a percentage beyond all',
      ['a.csv', '--project', 'x', '--max-removed', '200'],
      '--max-removed takes a whole number from 0 to 100.',
    ],
    [
      'with an unknown encoding',
      ['a.csv', '--project', 'x', '--encoding', 'ebcdic'],
      '--encoding takes one of',
    ],
  ])('%s says in one line what is wrong, and ends with 2', async (_what, args, said) => {
    const { code, stderr } = await runConsole('sync', environment(), ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^[^\n]+ Help: npm run sync -- --help\n$/);
    expect(stderr).toContain(said);
  });

  test('an unknown project, a file that is not there, and a foreign master key are said in a line', async () => {
    const run = (more: Record<string, string>, ...args: string[]): Promise<Run> =>
      runConsole('sync', { ...environment(), ...more }, ...args);
    await writeFile(file, csvOf(HEADER, [[`${newName('a')}@example.org`, 'A', 'B', '', '']]));
    expect(await run({}, file, '--project', 'nowhere')).toMatchObject({
      ...{ code: 1, stderr: 'There is no project nowhere.\n' },
    });
    const missing = await run({}, join(folder, 'missing.csv'), '--project', projectId);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringContaining('There is no file'),
    ]);
    const foreign = { MASTER_KEY: Buffer.alloc(32, 7).toString('base64') };
    expect((await run(foreign, file, '--project', projectId)).code).toBe(1);
    expect(await memberCount()).toBe(0);
  });
});

/** Runs the console with so little heap that a file could not stand in it. @returns its peak */
async function peakOf(pieces: Iterable<string>): Promise<{ code: number; peakBytes: number }> {
  const [probe, peak] = [join(folder, 'probe.cjs'), join(folder, 'peak')];
  await writeFile(
    probe,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)));`,
  );
  const own = [`--max-old-space-size=${String(HEAP_MEGABYTES)}`, '--require', probe, PROGRAM];
  const child = spawn(process.execPath, [...own, '-', '--project', projectId, '--dry-run'], {
    env: { PATH: '/usr/bin:/bin', ...environment() },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const closed = once(child, 'close');
  await pipeline(Readable.from(pieces), child.stdin);
  const [code] = (await closed) as [number];
  return { code, peakBytes: Number(await readFile(peak, 'utf8')) * 1024 };
}

test('a file larger than the memory that the program may use goes through, and takes hardly more than a small one', async () => {
  const written = { bytes: 0 };
  /** Rows of 12 kB each, most of which nobody reads. */
  function* rows(megabytes: number): Generator<string> {
    written.bytes = 0;
    yield 'e-mail,name,notes\n';
    for (let i = 0; written.bytes < megabytes * MEGABYTE; i += 1) {
      const piece = `${String(i)}@example.org,"${'N'.repeat(190)}","${`note ""${String(i)}"" `.repeat(900)}"\n`;
      written.bytes += piece.length;
      yield piece;
    }
  }
  const small = await peakOf(rows(0.1));
  expect(small.code).toBe(0);
  const large = await peakOf(rows(HEAP_MEGABYTES + 6));
  expect(large.code).toBe(0);
  expect(written.bytes).toBeGreaterThan(HEAP_MEGABYTES * MEGABYTE);
  expect(large.peakBytes - small.peakBytes).toBeLessThan(HEAP_MEGABYTES * MEGABYTE);
}, 240_000);
