import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { noteSecretsIn } from '../helpers/graphql';
import { freePort } from '../helpers/processes/process';
import { EXAMPLE, registered, RegistrationSite } from '../helpers/registration-site';
import { noteSecret } from '../helpers/run';

const PROGRAMS = resolve(__dirname, '../../dist/src/cli');
const run = promisify(execFile);
const PATH = process.env['PATH'] ?? '';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signet-example-demo-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The demo, serving, and what ends it. */
async function startDemo(...args: readonly string[]): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [join(PROGRAMS, 'demo.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH },
  });
  let output = '';
  const ended = once(child, 'close');
  await new Promise<void>((serving, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Serving until Ctrl-C')) serving();
    });
    void ended.then(() => {
      failed(new Error(output));
    });
  });
  for (const secret of output.match(/(?<=\/m#|code )[\w-]{6,}/g) ?? []) noteSecret(secret);
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

test('beside the demo, the commands of its README lead to a mobile ID', async () => {
  const [port, sitePort] = [String(await freePort()), String(await freePort())];
  const [signet, url] = [`http://localhost:${port}`, `http://localhost:${sitePort}`];
  const readme = await readFile(join(EXAMPLE, 'README.md'), 'utf8');
  for (const command of [
    'npm run demo -- --allow-origin http://localhost:4100',
    'node set-up.js',
    'npm start',
  ]) {
    expect(readme).toContain(command);
  }

  const setUp = (...args: readonly string[]): Promise<unknown> =>
    run(process.execPath, ['set-up.js', '--signet', signet, '--site', url, ...args], {
      cwd: EXAMPLE,
      env: { PATH },
    });
  const [demo, env] = [join(folder, 'demo'), join(folder, '.env')];
  await expect(setUp('--demo', demo, '--env', env)).rejects.toThrow('Is the demo running?');

  const endDemo = await startDemo('--data', demo, '--port', port, '--allow-origin', url);
  try {
    await expect(setUp('--site', 'http://localhost:1', '--env', env)).rejects.toThrow(
      'npm run demo -- --allow-origin http://localhost:1',
    );
    await setUp('--demo', demo, '--env', env);
    expect((await stat(env)).mode & 0o777).toBe(0o600);
    await expect(setUp('--demo', demo, '--env', env)).rejects.toThrow('Remove it to begin anew');

    const settings = Object.fromEntries(
      (await readFile(env, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    noteSecret(settings['SIGNET_CLIENT_SECRET'] ?? '');
    expect(settings).toMatchObject({ SIGNET_URL: signet, SITE_URL: url, PORT: sitePort });
    const site = await RegistrationSite.start(url, settings);
    try {
      const headers = await registered(site, 'Moa');
      const response = await fetch(`${url}/mobile-id/orders`, { method: 'POST', headers });
      const order: any = await response.json();
      noteSecretsIn(order);
      await run(process.execPath, [join(PROGRAMS, 'phone.js'), order.enrolment.qr.uri], {
        env: { PATH },
      });
      const home = await (await fetch(url, { headers })).text();
      expect(home).toMatch(/data-status="ACTIVE"[\s\S]*On Terminal phone: ACTIVE/);
    } finally {
      await site.stop();
    }
  } finally {
    await endDemo();
  }
});
