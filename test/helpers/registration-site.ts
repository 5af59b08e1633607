import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { evidenceFile, noteSecret } from './run';

export const EXAMPLE = resolve(__dirname, '../../examples/registration-site');

/** What the example keeps of one of its users. */
export interface Reader {
  readonly id: string;
  readonly name: string;
  readonly signetUserId: string | null;
  readonly order: { readonly key: string; readonly enrolmentId: string | null } | null;
  readonly profileId: string | null;
}

/** The example, as a process of its own, as who copies it starts it. */
export class RegistrationSite {
  private output = '';

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString();
      appendFileSync(evidenceFile('registration-site.log'), chunk);
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
  }

  /** @param settings as in the example's `.env` */
  static async start(
    url: string,
    settings: Readonly<Record<string, string>>,
  ): Promise<RegistrationSite> {
    const folder = await mkdtemp(join(tmpdir(), 'signet-example-'));
    const child = spawn(process.execPath, ['main.js'], {
      cwd: EXAMPLE,
      env: {
        PATH: process.env['PATH'],
        PORT: new URL(url).port,
        SITE_URL: url,
        SITE_DATA: join(folder, 'site.json'),
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const site = new RegistrationSite(url, child, folder);
    const ended = once(child, 'exit').then(() => {
      throw new Error(`The example did not start: ${site.output}`);
    });
    await Promise.race([once(child.stdout, 'data'), ended]);
    return site;
  }

  /** Those who have registered, as they are kept. */
  readers(): Reader[] {
    return JSON.parse(readFileSync(join(this.folder, 'site.json'), 'utf8')) as Reader[];
  }

  readerNamed(name: string): Reader {
    const reader = this.readers().find((one) => one.name === name);
    if (reader === undefined) throw new Error(`Nobody is called ${name} there.`);
    return reader;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Registers by the site's form, without a browser, and gives what a browser would send from then on. */
export async function registered(
  { url }: Pick<RegistrationSite, 'url'>,
  name: string,
): Promise<Record<string, string>> {
  const { email, password } = credentialsOf(name);
  const response = await fetch(`${url}/register`, {
    method: 'POST',
    headers: { origin: url },
    body: new URLSearchParams({ name, email, password }),
    redirect: 'manual',
  });
  const [cookie = ''] = response.headers.get('set-cookie')?.split(';') ?? [];
  noteSecret(cookie.split('=')[1] ?? cookie);
  return { cookie, origin: url };
}

export function credentialsOf(name: string): { email: string; password: string } {
  const email = `${name.toLowerCase().replace(/[^a-z]/g, '')}@readers.example.org`;
  return { email, password: `the books of ${name}` };
}
