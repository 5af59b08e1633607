import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';

const PROGRAMS = resolve(__dirname, '../../dist/src/cli');

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
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', ...environment };
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
