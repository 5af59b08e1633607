import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { assignedIdOf, changeId, tokenIn } from '../helpers/assigned-ids';
import { gatherCast, type Cast } from '../helpers/cast';
import { noteSecret } from '../helpers/run';
import { createSelfRegistration } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';

const PROGRAM = resolve(__dirname, '../../dist/src/cli/phone.js');

let server: TestServer;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
  folder = await mkdtemp(join(tmpdir(), 'signet-terminal-report-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function phone(...args: string[]): Promise<{ status: number; output: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  }
  const [status] = (await once(child, 'close')) as [number];
  return { status, output: Buffer.concat(chunks).toString() };
}

async function noteKept(file: string): Promise<void> {
  const kept = JSON.parse(await readFile(file, 'utf8')) as Record<string, { pkcs8?: string }>[];
  for (const mobileId of kept) {
    for (const part of Object.values(mobileId)) {
      if (typeof part === 'object' && part.pkcs8 !== undefined) noteSecret(part.pkcs8);
    }
  }
}

test('a terminal phone shows its ID and where to register it, and reports in until the ID is revoked', async () => {
  const { projectId, code } = await createSelfRegistration(
    server,
    cast.admin,
    { firstId: 4711 },
    { registrationUrlTemplate: 'https://host.example/#{assignedId}&token={registrationToken}' },
  );
  const file = join(folder, 'phone.json');
  const made = await phone(`${server.url}/m#${code}`, '--keep', file);
  await noteKept(file);
  const link = /https:\/\/host\.example\/\S+/.exec(made.output)?.[0] ?? '';
  noteSecret(tokenIn(link) ?? '');
  expect(made.output).toMatch(/ID +4711\n/);
  expect(link).toMatch(/#4711&token=[\w-]{22}$/);

  await server.database.query(
    `UPDATE assigned_id SET last_seen_at = now() - interval '3 days' WHERE project_id = $1`,
    [projectId],
  );
  const reported = await phone('report', '--keep', file);
  expect([reported.status, reported.output]).toEqual([0, `  ✓ reported in: ${server.url}\n`]);
  const { lastSeenAt } = await assignedIdOf(server, cast.operator.token, projectId, '4711');
  expect(Date.parse(lastSeenAt as string)).toBeGreaterThan(Date.now() - 86_400_000);

  await changeId(server, cast.operator.token, 'revokeAssignedId', { projectId, value: '4711' });
  const { output } = await phone('report', '--keep', file);
  expect(output).toBe(`  ✗ the ID of this phone no longer stands: ${server.url}\n`);
});

test('a terminal phone that is activated again renews its present mobile ID alone', async () => {
  const { code } = await createSelfRegistration(server, cast.admin);
  const file = join(folder, 'again.json');
  for (let i = 0; i < 2; i += 1) await phone(`${server.url}/m#${code}`, '--keep', file);
  await noteKept(file);
  const kept = JSON.parse(await readFile(file, 'utf8')) as {
    profile: { id: string };
    replacedBy?: string;
  }[];
  const [earlier, present] = kept;
  expect(kept.map(({ replacedBy }) => replacedBy)).toEqual([present?.profile.id, undefined]);
  const { status, output } = await phone('renew', '--keep', file);
  expect([status, output]).toEqual([0, expect.stringContaining('not now: from ') as string]);
  expect(output).toContain(present?.profile.id);
  expect(output).not.toContain(earlier?.profile.id);
  const named = await phone('renew', '--keep', file, '--profile', earlier?.profile.id ?? '');
  expect([named.status, named.output]).toEqual([1, expect.stringContaining('REPLACED') as string]);
});

test('without a file there is nothing to report with, and an empty one has nothing to report', async () => {
  const without = await phone('report');
  expect([without.status, without.output]).toEqual([
    1,
    expect.stringContaining('NO_SUCH_MOBILE_ID') as string,
  ]);
  const empty = await phone('report', '--keep', join(folder, 'nothing.json'));
  expect([empty.status, empty.output]).toEqual([0, '  There is no mobile ID in this file.\n']);
});
