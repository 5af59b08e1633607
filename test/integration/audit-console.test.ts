import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AuditLog } from '../helpers/audit-log';
import { runConsole } from '../helpers/processes/console';
import { administrator } from '../helpers/people';
import { Site } from '../helpers/processes/process';
import { noteSecret } from '../helpers/run';
import { eventually } from '../helpers/server';

let log: AuditLog;
beforeAll(async () => {
  log = await AuditLog.open();
  await log.seal();
});
afterAll(() => log.close());

test('audit verify finds a log that nobody has touched as it was, and tells an anchor', async () => {
  await log.write('not sealed yet');
  const { code, stdout, stderr } = await runConsole('audit', log.settings, 'verify');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^\d+ entries under 1 seals: all as they were sealed\.\n1 entries behind the last seal, since 2\d{3}-[\dT:-]{14}Z\.\nAnchor: 1:[0-9a-f]{64}\n$/,
  );
  const anchor = /Anchor: (.*)/.exec(stdout)?.[1] ?? '';
  const again = await runConsole('audit', log.settings, 'verify', '--anchor', anchor);
  expect(again).toMatchObject({ code: 0 });
  const other = `1:${'0'.repeat(64)}`;
  expect(await runConsole('audit', log.settings, 'verify', '--anchor', other)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('NOT as they were sealed'),
    stderr: 'Seal 1, known from elsewhere, is missing or another.\n',
  });
});

test('audit verify trusts no chain of another key', async () => {
  const key = Buffer.alloc(32, 7).toString('base64');
  noteSecret(key);
  const settings = { ...log.settings, MASTER_KEY: key };
  expect(await runConsole('audit', settings, 'verify')).toMatchObject({ code: 1 });
});

describe('audit export', () => {
  const exported = async (...args: readonly string[]): Promise<Record<string, unknown>[]> => {
    const { code, stdout, stderr } = await runConsole('audit', log.settings, 'export', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  test('writes every entry, oldest first, one line each', async () => {
    const odd = 'ends here\n{"id":"0"}\u2028“é”';
    await log.database.query(
      `INSERT INTO audit_entry (actor, action, outcome, detail) VALUES ('user:ÅŁ', 'test.odd', 'SUCCESS', $1)`,
      [odd],
    );
    const lines = await exported();
    const rows = await log.database.query<{ id: string }>('SELECT id FROM audit_entry ORDER BY id');
    expect(lines.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(lines.at(-1)).toEqual({
      id: expect.stringMatching(/^\d+$/),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      actor: 'user:ÅŁ',
      actorId: null,
      action: 'test.odd',
      target: null,
      outcome: 'SUCCESS',
      address: null,
      requestId: null,
      detail: odd,
    });
  });

  test('only what is asked for', async () => {
    await log.database.query(`INSERT INTO audit_entry (at, actor, action, target, outcome)
      SELECT day, 'user:' || who, 'test.day', 'test:' || extract(day FROM day), 'SUCCESS'
      FROM generate_series('2001-01-01Z'::timestamptz, '2001-01-04Z', '1 day') day, unnest('{a,b}'::text[]) who`);
    const range = ['--from', '2001-01-02T00:00:00Z', '--to', '2001-01-04T01:00:00+01:00'];
    expect((await exported(...range)).map(({ target }) => target)).toEqual([
      ...['test:2', 'test:3', 'test:2', 'test:3'],
    ]);
    expect(await exported(...range, '--actor', 'user:a', '--target', 'test:3')).toMatchObject([
      { actor: 'user:a', target: 'test:3' },
    ]);
    expect(await exported('--actor', `user:a' OR 'a'='a`)).toEqual([]);
  });

  test('holds no more than a page, however long the log is', async () => {
    await log.database.query(
      `INSERT INTO audit_entry (actor, action, outcome, detail)
       SELECT 'test', 'test.many', 'SUCCESS', repeat('x', 1000) FROM generate_series(1, 30000)`,
    );
    const settings = { ...log.settings, NODE_OPTIONS: '--max-old-space-size=48' };
    const { code, stdout } = await runConsole('audit', settings, 'export', '--actor', 'test');
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(30_000_000);
  });

  test('ends in peace where its reader has seen enough', async () => {
    await log.database.query(
      `INSERT INTO audit_entry (actor, action, outcome, detail)
       SELECT 'test', 'test.many', 'SUCCESS', repeat('x', 1000) FROM generate_series(1, 5000)`,
    );
    const program = resolve(__dirname, '../../dist/src/cli/audit.js');
    const child = spawn(process.execPath, [program, 'export'], {
      env: { PATH: '/usr/bin:/bin', ...log.settings },
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = (await once(child, 'exit')) as [number];
    expect({ code, complaint }).toEqual({ code: 0, complaint: '' });
  });
});

test.each([
  [['prove']],
  [['verify', 'again']],
  [['verify', '--anchor', '3']],
  [['verify', '--from', '2001-01-01T00:00:00Z']],
  [['export', '--anchor', `3:${'0'.repeat(64)}`]],
  [['export', '--from', 'yesterday']],
  [['export', '--to', '2001-13-01T00:00:00Z']],
  [['export', '--format', 'xml']],
])('%j is not understood, which is said in a line', async (args) => {
  const { code, stdout, stderr } = await runConsole('audit', {}, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^[^\n]+ Help: npm run audit -- --help\n$/);
});

test('the console reads the log of an embedded database, beside its server and after it', async () => {
  const site = await Site.start();
  try {
    await administrator(site);
    const anchor = await eventually(() =>
      readFile(join(site.dataDir, 'audit.anchor'), 'utf8').catch(() => undefined),
    );
    const settings = { DATA_DIR: site.dataDir };
    const beside = await runConsole('audit', settings, 'verify', '--anchor', anchor.trim());
    expect(beside).toMatchObject({ code: 0, stderr: '' });
    await site.process.terminate();
    const after = await runConsole('audit', settings, 'verify');
    expect(after).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await runConsole('audit', settings, 'export', '--actor', 'user:admin');
    expect(stdout).toContain('"action":"session.sign-in"');
  } finally {
    await site.remove();
  }
});
