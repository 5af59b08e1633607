import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Employee } from '../demo-corp/staff.js';
import { DemoProblem } from './problem.js';

const PROGRAM = resolve(__dirname, '../demo-corp.js');
/** Of Demo Corp in rules and addresses. */
export const DEMO_CORP = 'demo-corp';

/** Demo Corp's identity provider, in a process of its own. */
export interface DemoCorp {
  readonly url: string;
  readonly metadataXml: string;
  stop(): Promise<void>;
}

/** @throws DemoProblem where it does not start */
export async function startDemoCorp(
  dataDir: string,
  serviceProvider: string,
  staff: readonly Employee[],
  program = PROGRAM,
): Promise<DemoCorp> {
  const folder = join(dataDir, DEMO_CORP);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const staffFile = join(folder, 'staff.json');
  await writeFile(staffFile, `${JSON.stringify(staff, null, 2)}\n`, { mode: 0o600 });
  const child = spawn(
    process.execPath,
    [program, '--staff', staffFile, '--keys', folder, '--sp', serviceProvider],
    // Without the channel it would outlive a demo that is killed.
    { stdio: ['ignore', 'pipe', 'ignore', 'ipc'], env: {} },
  );
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  const [first] = await Promise.race([lineOf(child.stdout), ended.then(() => [null])]);
  if (typeof first !== 'string') {
    throw new DemoProblem('Demo Corp, the identity provider of this demo, did not start.');
  }
  const metadata = await fetch(`${first}/metadata`);
  return { url: first, metadataXml: await metadata.text(), stop };
}

async function lineOf(stream: NodeJS.ReadableStream | null): Promise<unknown[]> {
  return stream === null ? [] : once(createInterface({ input: stream }), 'line');
}
