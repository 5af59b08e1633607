import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { lockDataDir } from '../../../src/platform/data-dir.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../../src/platform/embedded-postgres/embedded-postgres.js';
import { findByPs, findProcess } from '../../../src/platform/processes.js';
import {
  CHILD_SECRET,
  Child,
  eventually,
  makeCheckout,
  makeTemporaryFolder,
  postmasterPid,
} from '../../helpers/processes/embedded-postgres.js';

const AS_ROOT = process.getuid?.() === 0;
const NOBODY = 65534;

let folder: string;
let script: string;
let dataDir: string;
let serial = 0;
const servers: EmbeddedPostgres[] = [];
const children: Child[] = [];
const programs: ChildProcess[] = [];
const messages: string[] = [];

const log = {
  info: (_fields: object, message: string): void => void messages.push(message),
  warn: (_fields: object, message: string): void => void messages.push(message),
};

beforeAll(async () => {
  folder = await makeTemporaryFolder();
  script = await makeCheckout(join(folder, 'checkout'));
});

beforeEach(() => {
  dataDir = join(folder, `data-${String(serial++)}`);
  messages.length = 0;
});

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  for (const program of programs.splice(0)) program.kill();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log, ...options });
  servers.push(server);
  return server;
}

function startChild(childScript = script): Child {
  const child = Child.start(childScript);
  children.push(child);
  return child;
}

function startProgram(command: string, args: string[], options: SpawnOptions): ChildProcess {
  const program = spawn(command, args, options);
  programs.push(program);
  return program;
}

async function query(
  { connection }: Pick<EmbeddedPostgres, 'connection'>,
  text: string,
): Promise<unknown[]> {
  const client = new Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

async function pidOf(dir = dataDir): Promise<number> {
  return eventually(() => postmasterPid(dir));
}

async function hasEnded(pid: number): Promise<true | undefined> {
  return (await findProcess(pid)) === undefined ? true : undefined;
}

/** As a power failure leaves it: nothing is running, everything still lies about. */
async function crashWithData(): Promise<number> {
  const server = await start();
  await query(server, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const pid = await pidOf();
  process.kill(pid, 'SIGKILL');
  await eventually(() => hasEnded(pid));
  await server.stop();
  return pid;
}

/** Makes the lock file name another process, as after a reboot. */
async function renamePid(from: number, to: number): Promise<void> {
  const path = join(dataDir, 'postgres/postmaster.pid');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(String(from), String(to)));
}

async function ownerOfData(): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = await stat(join(dataDir, 'postgres'));
  return { uid, gid };
}

describe('starting and stopping', () => {
  test('the first start makes the database, and a later one finds what was written', async () => {
    const first = await start();
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start();
    expect(await query(second, 'SELECT answer FROM kept')).toEqual([42]);
    expect(second.version).toMatch(/^18\./);
    expect(messages).toEqual(['PostgreSQL started', 'PostgreSQL started']);
  });

  test('a stopped server leaves no process, no socket and no scratch folder', async () => {
    const server = await start();
    const pid = await pidOf();
    await Promise.all([server.stop(), server.stop()]);
    expect(await findProcess(pid)).toBeUndefined();
    const names = await readdir(dataDir);
    expect(names.filter((name) => !name.startsWith('lock.'))).toEqual(['postgres', 'postgres.log']);
  });

  test('a stop is not held up by a client that stays connected', async () => {
    const server = await start();
    const client = new Client(server.connection);
    const errors: Error[] = [];
    client.on('error', (error) => errors.push(error));
    await client.connect();
    await server.stop();
    await eventually(() => Promise.resolve(errors.length > 0 || undefined));
    expect(errors[0]?.message).toMatch(/terminat/);
  });

  test('a setting that PostgreSQL refuses is named in the error, and nothing is left running', async () => {
    await expect(start({ settings: { work_mem: 'much' } })).rejects.toThrow(/work_mem/);
    expect(await postmasterPid(dataDir)).toBeUndefined();
    const server = await start();
    expect(await query(server, 'SELECT 1')).toEqual([1]);
  });
});

describe('a running server', () => {
  let sharedDir: string;
  let server: EmbeddedPostgres;

  beforeAll(async () => {
    sharedDir = join(folder, 'shared');
    server = await startEmbeddedPostgres({
      dataDir: sharedDir,
      database: 'other "name"',
      settings: { work_mem: '8MB', listen_addresses: '*' },
      log,
    });
  });

  afterAll(() => server.stop());

  test('the role of the application owns its databases and is no superuser', async () => {
    expect(
      await query(
        server,
        `SELECT current_database(), usesuper, usecreatedb, pg_get_userbyid(datdba)
           FROM pg_user, pg_database
          WHERE usename = current_user AND datname = current_database()`,
      ),
    ).toEqual(['other "name"', false, true, 'signet']);
  });

  test('commits are durable, the encoding is UTF-8 and collation does not hang on the system', async () => {
    const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'max_connections'];
    const shown = settings.map((name) => `current_setting('${name}')`).join();
    expect(
      await query(
        server,
        `SELECT ${shown}, datlocprovider::text, datlocale, pg_encoding_to_char(encoding)
           FROM pg_database WHERE datname = current_database()`,
      ),
    ).toEqual(['on', 'on', 'on', '200', 'b', 'C.UTF-8', 'UTF8']);
  });

  test('settings can be added, and none opens the server to the network', async () => {
    expect(
      await query(
        server,
        `SELECT current_setting('work_mem'), current_setting('listen_addresses'),
                current_setting('unix_socket_permissions')`,
      ),
    ).toEqual(['8MB', '', '0700']);
  });

  test('socket and data are closed to other users', async () => {
    const modes = await Promise.all(
      [server.connection.host, join(sharedDir, 'postgres'), join(sharedDir, 'postgres.log')].map(
        async (path) => (await stat(path)).mode & 0o077,
      ),
    );
    expect(modes).toEqual([0, 0, 0]);
  });

  test('values of failing statements do not reach the log', async () => {
    await query(server, 'CREATE TABLE codes (code text PRIMARY KEY)');
    await query(server, "INSERT INTO codes VALUES ('hidden-value')");
    await expect(query(server, "INSERT INTO codes VALUES ('hidden-value')")).rejects.toThrow();
    const text = await readFile(join(sharedDir, 'postgres.log'), 'utf8');
    expect(text).toContain('database system is ready');
    expect(text).not.toContain('hidden-value');
  });
});

describe('after a crash', () => {
  test('a server whose owner was killed is adopted, with its data, and can be stopped', async () => {
    const child = startChild();
    const answer = await child.ask({ dataDir, what: 'serve' });
    expect(answer).toMatchObject({ kind: 'serving', user: 'signet' });
    const pid = await pidOf();
    await child.kill();
    const server = await start();
    expect(await pidOf()).toBe(pid);
    expect(messages).toEqual(['PostgreSQL found running']);
    expect(await query(server, 'SELECT 1')).toEqual([1]);
    await server.stop();
    expect(await findProcess(pid)).toBeUndefined();
  });

  test('a server whose owner was killed during recovery is waited for', async () => {
    const dead = await crashWithData();
    const child = startChild();
    child.tell({ dataDir, what: 'serve' });
    await eventually(async () => ((await pidOf()) === dead ? undefined : true));
    await child.kill();
    const pid = await pidOf();
    const server = await start();
    expect(await pidOf()).toBe(pid);
    expect(await query(server, 'SELECT answer FROM kept')).toEqual([42]);
  });

  test('a server that was being stopped when its owner was killed is started again', async () => {
    const child = startChild();
    await child.ask({ dataDir, what: 'serve' });
    await child.kill();
    process.kill(await pidOf(), 'SIGINT');
    const server = await start();
    expect(await query(server, 'SELECT 1')).toEqual([1]);
  });

  test('an adopted server whose socket is gone is restarted', async () => {
    const child = startChild();
    await child.ask({ dataDir, what: 'serve' });
    await child.kill();
    const pid = await pidOf();
    await rm(join(dataDir, 'socket/.s.PGSQL.5432'));
    const server = await start();
    expect(await pidOf()).not.toBe(pid);
    expect(await query(server, 'SELECT 1')).toEqual([1]);
  });

  test('what was committed before a kill of both is there', async () => {
    await crashWithData();
    const server = await start();
    expect(await query(server, 'SELECT answer FROM kept')).toEqual([42]);
  });

  test('a pid that belongs to another program by now does not block the start', async () => {
    const dead = await crashWithData();
    const other = startProgram('sleep', ['600'], { stdio: 'ignore', ...(await ownerOfData()) });
    await once(other, 'spawn');
    await renamePid(dead, other.pid ?? 0);
    const server = await start();
    expect(await query(server, 'SELECT answer FROM kept')).toEqual([42]);
    expect(await findProcess(other.pid ?? 0)).toBeDefined();
  });

  test('a pid that belongs to the PostgreSQL of another folder by now does not block it', async () => {
    const dead = await crashWithData();
    const neighbourDir = `${dataDir}-neighbour`;
    const neighbour = await start({ dataDir: neighbourDir });
    await renamePid(dead, await pidOf(neighbourDir));
    const server = await start();
    expect(await query(server, 'SELECT answer FROM kept')).toEqual([42]);
    await server.stop();
    expect(await query(neighbour, 'SELECT 1')).toEqual([1]);
  });

  test('a zombie does not block the start', async () => {
    const dead = await crashWithData();
    const parent = startProgram('/bin/sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      ...(await ownerOfData()),
    });
    const [line] = (await once(parent.stdout ?? parent, 'data')) as [Buffer];
    const zombie = Number(line.toString());
    await eventually(() => hasEnded(zombie));
    expect(() => process.kill(zombie, 0)).not.toThrow();
    await renamePid(dead, zombie);
    const server = await start();
    expect(await query(server, 'SELECT answer FROM kept')).toEqual([42]);
  });

  test('a half-made cluster is cleared away and made anew', async () => {
    const child = startChild();
    child.tell({ dataDir, what: 'serve' });
    await eventually(async () => {
      const names = await readdir(dataDir).catch(() => []);
      return names.find((name) => name.startsWith('postgres.new-'));
    });
    await child.kill();
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    const server = await start();
    expect(await query(server, 'SELECT 1')).toEqual([1]);
    const names = await readdir(dataDir);
    expect(names.filter((name) => name.startsWith('postgres.new-'))).toEqual([]);
  });
});

describe('what cannot be started', () => {
  test('data of another major version are refused with the way out', async () => {
    await (await start()).stop();
    await writeFile(join(dataDir, 'postgres/PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow(/written by PostgreSQL 17.*pg_dump.*DATABASE_URL/);
  });

  test('a folder that holds something else is refused and left as it is', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres/letter.txt'), 'dear reader');
    await expect(start()).rejects.toThrow(/no data folder of PostgreSQL/);
    expect(await readdir(join(dataDir, 'postgres'))).toEqual(['letter.txt']);
  });

  test('a missing package is named, and DATABASE_URL offered', async () => {
    const lean = await makeCheckout(join(folder, 'lean'), { binaries: false });
    const answer = await startChild(lean).ask({ dataDir, what: 'serve' });
    expect(answer).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/@embedded-postgres\/.*DATABASE_URL/) as unknown,
    });
  });
});

describe('paths', () => {
  test('a path too long for a socket works, and leaves nothing outside', async () => {
    dataDir = join(dataDir, 'long-'.repeat(30));
    const server = await start();
    const { host } = server.connection;
    expect(host.startsWith(dataDir)).toBe(false);
    expect((await stat(host)).mode & 0o077).toBe(0);
    expect(await query(server, 'SELECT 1')).toEqual([1]);
    await server.stop();
    expect(existsSync(host)).toBe(false);
  });

  test('a socket folder that others can open is refused', async () => {
    dataDir = join(dataDir, 'long-'.repeat(30));
    const { connection, stop } = await start();
    await stop();
    await mkdir(connection.host);
    await chmod(connection.host, 0o777);
    await expect(start()).rejects.toThrow(/not a private folder/);
    await rm(connection.host, { recursive: true });
  });

  test('a path with spaces, quotes and commas works', async () => {
    dataDir = join(dataDir, `a "b", 'c' $d`);
    const server = await start();
    expect(await query(server, 'SELECT 1')).toEqual([1]);
  });
});

describe('one server per DATA_DIR', () => {
  test('a second process is refused and told which one is there', async () => {
    const child = startChild();
    await child.ask({ dataDir, what: 'serve' });
    await expect(start()).rejects.toThrow(
      new RegExp(`process ${String(child.pid)}, uses DATA_DIR .*DATABASE_URL`),
    );
    expect(await child.stop()).toEqual({ kind: 'stopped' });
    const server = await start();
    expect(await query(server, 'SELECT 1')).toEqual([1]);
  });

  test('a process cannot take a folder twice, but again after it has released it', async () => {
    const lock = await lockDataDir(dataDir);
    await expect(lockDataDir(dataDir)).rejects.toThrow(`process ${String(process.pid)},`);
    await lock.release();
    await lock.release();
    const again = await lockDataDir(dataDir);
    await expect(start()).rejects.toThrow(/Another Signet server/);
    const server = await start({ lock: again });
    await server.stop();
    await expect(lockDataDir(dataDir)).rejects.toThrow(/Another Signet server/);
    await again.release();
  });

  test('of processes that find a dead holder at the same time exactly one takes over', async () => {
    for (let round = 0; round < 3; round++) {
      const rivals = Array.from({ length: 5 }, () => startChild());
      const answers = await Promise.all(
        rivals.map((child) => child.ask({ dataDir, what: 'lock' })),
      );
      expect(answers.map(({ kind }) => kind).sort()).toEqual([
        'failed',
        'failed',
        'failed',
        'failed',
        'locked',
      ]);
      await Promise.all(rivals.map((child) => child.kill()));
    }
  });

  test('a lock whose pid another process has by now is taken over', async () => {
    const child = startChild();
    await child.ask({ dataDir, what: 'lock' });
    await child.kill();
    const [name = ''] = (await readdir(dataDir)).filter((entry) => entry.startsWith('lock.'));
    await rm(join(dataDir, name));
    const { symlink } = await import('node:fs/promises');
    await symlink(`${String(process.pid)} 1 another boot`, join(dataDir, name));
    const lock = await lockDataDir(dataDir);
    await lock.release();
    expect(await readdir(dataDir)).toHaveLength(1);
  });
});

if (AS_ROOT) {
  describe('as root', () => {
    test('PostgreSQL runs as another user and inherits no variable', async () => {
      const child = startChild();
      await child.ask({ dataDir, what: 'serve' });
      const pid = await pidOf();
      expect((await findProcess(pid))?.uid).toBeGreaterThan(0);
      expect(await readFile(`/proc/${String(child.pid)}/environ`, 'utf8')).toContain(CHILD_SECRET);
      expect(await readFile(`/proc/${String(pid)}/environ`, 'utf8')).not.toContain(CHILD_SECRET);
      expect(await child.stop()).toEqual({ kind: 'stopped' });
    });

    let hidden: string;

    beforeAll(async () => {
      const home = join(folder, 'home');
      hidden = await makeCheckout(join(home, 'checkout'));
      await chmod(home, 0o700);
    });

    test('a checkout and a DATA_DIR under a private home work, and the data stay there', async () => {
      dataDir = join(folder, 'home/checkout/data');
      const cacheFolder = join(folder, 'cache');
      const child = startChild(hidden);
      expect(await child.ask({ dataDir, what: 'serve', cacheFolder })).toMatchObject({
        kind: 'serving',
        host: expect.stringContaining('signet-') as unknown,
      });
      const pid = await pidOf();
      await child.kill();
      const heir = startChild(hidden);
      await heir.ask({ dataDir, what: 'serve', cacheFolder });
      expect(await pidOf()).toBe(pid);
      expect(await heir.stop()).toEqual({ kind: 'stopped' });
      expect(await readdir(cacheFolder)).toHaveLength(1);
      expect(existsSync(join(dataDir, 'postgres/PG_VERSION'))).toBe(true);
    });

    test('a private checkout with a DATA_DIR elsewhere keeps its copy of the programs there', async () => {
      const child = startChild(hidden);
      expect(await child.ask({ dataDir, what: 'serve' })).toMatchObject({ kind: 'serving' });
      const names = await readdir(dataDir);
      expect(names.filter((name) => name.startsWith('postgresql-'))).toHaveLength(1);
      expect(await child.stop()).toEqual({ kind: 'stopped' });
    });

    test('an ordinary user is served as himself, from a checkout that he cannot write', async () => {
      await mkdir(dataDir);
      await chown(dataDir, NOBODY, NOBODY);
      const child = startChild(await makeCheckout(join(folder, 'unlinked')));
      expect(await child.ask({ dataDir, what: 'serve', uid: NOBODY })).toMatchObject({
        kind: 'serving',
      });
      expect((await findProcess(await pidOf()))?.uid).toBe(NOBODY);
      expect(await child.stop()).toEqual({ kind: 'stopped' });
      const server = await start();
      expect((await findProcess(await pidOf()))?.uid).toBe(NOBODY);
      expect(await query(server, 'SELECT 1')).toEqual([1]);
    });

    test('data of another user are refused', async () => {
      await (await start()).stop();
      await chown(dataDir, NOBODY, NOBODY);
      const answer = await startChild().ask({ dataDir, what: 'serve', uid: NOBODY });
      expect(answer).toMatchObject({
        kind: 'failed',
        message: expect.stringMatching(/belongs to user \d+/) as unknown,
      });
    });

    test('a user without a name is told to use DATABASE_URL', async () => {
      const uid = 54321;
      await mkdir(dataDir);
      await chown(dataDir, uid, uid);
      const answer = await startChild().ask({ dataDir, what: 'serve', uid });
      expect(answer).toMatchObject({
        kind: 'failed',
        message: expect.stringMatching(/has no name.*DATABASE_URL/) as unknown,
      });
    });
  });
}

describe('processes', () => {
  test('this process is found, and a pid that none can have is not', async () => {
    expect(await findProcess(process.pid)).toMatchObject({ uid: process.getuid?.() });
    expect(await findProcess(0)).toBeUndefined();
    expect(await findProcess(2 ** 31 - 1)).toBeUndefined();
  });

  if (existsSync('/bin/ps')) {
    test('ps, for systems without /proc, finds the same and marks processes apart', async () => {
      const [byPs, found] = await Promise.all([findByPs(process.pid), findProcess(process.pid)]);
      expect(byPs).toMatchObject({ pid: found?.pid, uid: found?.uid });
      expect(byPs?.startMark).toMatch(/^\w{3} \w{3} \d+ \d\d:\d\d:\d\d \d{4}$/);
      expect(await findByPs(2 ** 31 - 1)).toBeUndefined();
    });
  }
});
