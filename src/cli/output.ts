import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hasCode } from '../platform/system-errors.js';

/** A reader that has seen enough, such as `head`, is no failure: what the command does, it does to its end. */
export function forgiveClosedReaders(): void {
  for (const output of [process.stdout, process.stderr]) output.on('error', endUnlessClosed);
}

/** Writes until there is no more, or nobody who reads it. */
export async function writePages(pages: Readable): Promise<void> {
  await pipeline(pages, process.stdout, { end: false }).catch((error: unknown) => {
    if (!isClosed(error)) throw error;
  });
}

function endUnlessClosed(error: Error): void {
  if (isClosed(error)) return;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

function isClosed(error: unknown): boolean {
  return hasCode(error, 'EPIPE');
}
