import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

const PATH = '/usr/local/bin:/usr/bin:/bin';
const PROGRAMS = resolve(__dirname, '../../../dist/src/cli');

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the server's own console, with these settings and no others. */
export function runConsole(
  program: string,
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Run> {
  return new Promise((done) => {
    const env = { PATH, ...environment };
    const command = [join(PROGRAMS, `${program}.js`), ...args];
    execFile(
      process.execPath,
      command,
      { env, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        done({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
  });
}

/** The same, where nobody reads what it writes. */
export async function runUnread(
  program: string,
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Omit<Run, 'stdout'>> {
  const child = spawn(process.execPath, [join(PROGRAMS, `${program}.js`), ...args], {
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr };
}
