import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../kernel/clock.js';
import { runTerminalPhone } from '../phone/terminal-phone.js';

const NAME = 'Terminal phone';

export interface PhoneCall {
  readonly link: string;
  /** Of a self-signed server; null over plain http. */
  readonly certFile: string | null;
  readonly write: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A phone in the terminal that scans the link. Rejects where it gets no mobile ID. */
export async function terminalPhone(call: PhoneCall): Promise<void> {
  const { link, certFile, write, signal } = call;
  if (certFile !== null) {
    await phoneProcess(call, certFile);
    return;
  }
  await runTerminalPhone({ link, name: NAME, clock: systemClock, write, signal });
}

/** Node takes certificates that it shall trust for `fetch` at its start only. */
async function phoneProcess({ link, write, signal }: PhoneCall, certFile: string): Promise<void> {
  const program = join(__dirname, '..', 'phone.js');
  const child = spawn(process.execPath, [program, link, '--name', NAME], {
    env: { NODE_EXTRA_CA_CERTS: certFile },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGINT',
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', write);
  }
  const [status] = await closed;
  if (status !== 0) throw new Error('The phone did not get its mobile ID.');
}
