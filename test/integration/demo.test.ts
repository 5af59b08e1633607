import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { UsageError } from '../../src/cli/command-line';
import { readOptions } from '../../src/cli/demo/options';
import { graphqlOver } from '../helpers/graphql';
import { noteSecret } from '../helpers/run';
import { CookieBrowser } from '../helpers/saml/saml-browser';

const PROGRAM = resolve(__dirname, '../../dist/src/cli/demo.js');
const WIDTH = 100;

interface Demo {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** What it has written so far. */
  readonly output: () => string;
  /** Its exit code, once all is written. */
  readonly ended: Promise<number | null>;
}

let dataDir: string;
const running = new Set<Demo>();
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'signet-demo-test-'));
});
afterEach(async () => {
  for (const { process: child, ended } of running) {
    child.kill('SIGTERM');
    await ended;
  }
  running.clear();
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

function startDemo(...args: readonly string[]): Demo {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  let text = '';
  const collect = (chunk: Buffer): void => {
    text += chunk.toString('utf8');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const demo = { process: child, output: () => text, ended };
  running.add(demo);
  return demo;
}

/** What it wrote until it served, or until it ended before that. */
function serving(demo: Demo): Promise<string> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (demo.output().includes('Serving until Ctrl-C')) resolve(demo.output());
    };
    demo.process.stdout.on('data', look);
    void demo.ended.then(() => {
      resolve(demo.output());
    });
  });
}

/** With the output, which tells why where it ends otherwise than expected. */
async function endOf(demo: Demo): Promise<{ code: number | null; output: string }> {
  return { code: await demo.ended, output: demo.output() };
}

async function passwords(): Promise<Record<string, string>> {
  const kept = JSON.parse(await readFile(join(dataDir, 'passwords.json'), 'utf8')) as Record<
    string,
    string
  >;
  for (const password of Object.values(kept)) noteSecret(password);
  return kept;
}

function factsOf(output: string): string[] {
  for (const secret of output.match(/(?<=\/m#|code )[\w-]{6,}/g) ?? []) noteSecret(secret);
  return output.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
}

test('the demo plays a refusal, a step-up and an enrolment, keeps its data to itself, and ends its database on SIGTERM', async () => {
  const demo = startDemo('--data', dataDir, '--port', '0');
  const output = await serving(demo);
  const facts = factsOf(output);
  const url = /ready at (http:\/\/localhost:\d+) \(PostgreSQL \d+\.\d+ embedded/.exec(output)?.[1];
  expect(facts).toEqual(
    expect.arrayContaining([
      '1 alva signs in PASSWORD ✓',
      '2 orders a mobile ID refused: needs one of SAML, EMAIL_CODE (at most 10 min old)',
      expect.stringMatching(/^3 proves it by mail EMAIL_CODE ✓ code \d{6} from the mail to alva@/),
      expect.stringMatching(/^4 orders again a QR code /),
      expect.stringContaining(`${String(url)}/m#`),
      expect.stringMatching(/^\d+\.\d s WAITING_FOR_SCAN$/),
      expect.stringMatching(/^\d+\.\d s SCANNED Terminal phone$/),
      expect.stringMatching(/^\d+\.\d s ISSUING$/),
      expect.stringMatching(/^\d+\.\d s ACTIVE$/),
      expect.stringMatching(/^AUTHENTICATION VALID until .* -purpose sslclient: OK$/),
      expect.stringMatching(/^SIGNATURE VALID until .* -x509_strict: OK$/),
    ]),
  );
  expect(output).toContain('█');
  expect(output).not.toContain('\u001b'); // no colours where there is no terminal
  expect(output).not.toMatch(/\{"level"|^\s+at /m);
  expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(WIDTH);

  const people = await passwords();
  expect((await stat(join(dataDir, 'passwords.json'))).mode & 0o777).toBe(0o600);
  for (const password of Object.values(people)) expect(output).toContain(password);
  const { selma, ...ours } = people;
  expect(selma).toBeDefined();
  for (const [username, password] of Object.entries(ours)) {
    const { data } = await graphqlOver(String(url))(
      `mutation ($username: String!, $password: String!) {
         signInWithPassword(username: $username, password: $password) { viewer { user { roles } } } }`,
      { username, password },
    );
    const roles = { alva: 'USER', ole: 'OPERATOR', admin: 'ADMIN' }[username];
    expect(data.signInWithPassword.viewer.user.roles).toContain(roles);
  }
  expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(true);
  expect(await corpPageFrom(String(url))).toContain('<h1>Demo Corp</h1>');

  const second = startDemo('--data', dataDir, '--port', '0');
  expect(await endOf(second)).toEqual({ code: 1, output: expect.any(String) });
  expect(factsOf(second.output()).join(' ')).toContain(
    `Another demo, process ${String(demo.process.pid)}, runs on ${dataDir}.`,
  );
  expect(second.output()).not.toMatch(/^\s+at /m);

  demo.process.kill('SIGTERM');
  expect(await endOf(demo)).toEqual({ code: 0, output: expect.any(String) });
  expect(demo.output()).toMatch(/Stopped\. The data stay for the next time\.\n$/);
  expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  await expect(fetch(`${String(url)}/healthz`)).rejects.toThrow();
});

/** Where "Sign in with Demo Corp" leads to. */
async function corpPageFrom(url: string): Promise<string> {
  const { data } = await graphqlOver(url)('{ signInOptions(returnTo: "/") { label url } }');
  const option = data.signInOptions.find(
    ({ label }: { label: string }) => label === 'Sign in with Demo Corp',
  );
  const { location } = await new CookieBrowser(url).get(option.url as string);
  return (await fetch(location)).text();
}

test('Demo Corp is there again in a later demo on the same data, and gone with the demo', async () => {
  const demo = startDemo('--data', dataDir, '--port', '0');
  const output = await serving(demo);
  const url = /ready at (http:\/\/localhost:\d+)/.exec(output)?.[1] ?? '';
  expect(await corpPageFrom(url)).toContain('<h1>Demo Corp</h1>');
  demo.process.kill('SIGTERM');
  expect(await endOf(demo)).toEqual({ code: 0, output: expect.any(String) });
});

test('a second demo on the same data keeps the passwords, and --once ends it after the play', async () => {
  const before = await passwords();
  const demo = startDemo('--data', dataDir, '--port', '0', '--once');
  expect(await endOf(demo)).toEqual({ code: 0, output: expect.any(String) });
  expect(factsOf(demo.output())).toContainEqual(expect.stringMatching(/^\d+\.\d s ACTIVE$/));
  expect(demo.output()).not.toContain('Your turn');
  expect(await passwords()).toEqual(before);
});

test('--lan plays over HTTPS with a certificate for the address that the QR code names', async () => {
  const demo = startDemo('--data', dataDir, '--port', '0', '--lan', '--once');
  expect(await endOf(demo)).toEqual({ code: 0, output: expect.any(String) });
  expect(demo.output()).toMatch(/https:\/\/\d+\.\d+\.\d+\.\d+:\d+\/m#/);
  expect(factsOf(demo.output())).toContainEqual(expect.stringMatching(/^\d+\.\d s ACTIVE$/));
  expect((await stat(join(dataDir, 'lan-key.pem'))).mode & 0o777).toBe(0o600);
});

test('a port that was asked for and is taken is named, and nothing is started', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const demo = startDemo('--data', dataDir, '--port', port);
  expect(await endOf(demo)).toEqual({ code: 1, output: expect.any(String) });
  expect(demo.output()).toContain(`Port ${port} is taken by another program.`);
  other.close();
});

test('an unknown argument is answered with what is wrong, and status 2', async () => {
  const demo = startDemo('--faster');
  const output = 'There is no option --faster. Help: npm run demo -- --help\n';
  expect(await endOf(demo)).toEqual({ code: 2, output });
});

test.each([
  [['--port', 'none']],
  [['--port', '65536']],
  [['--port']],
  [['--data', '']],
  [['more']],
])('the arguments %j are refused', (args) => {
  expect(() => readOptions(args)).toThrow(UsageError);
});
