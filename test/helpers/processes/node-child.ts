import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Runs Node with nothing in its environment but what is given, and what it says on either stream. */
export async function runNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = '',
): Promise<{ readonly status: number; readonly output: string }> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined); // it may end before it has read all
  child.stdin.end(input);
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = (await once(child, 'exit')) as [number];
  return { status, output: (await said).join('') };
}
