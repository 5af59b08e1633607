import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { hasCode } from '../../../platform/system-errors.js';

const HANG_UPS = ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'];

/**
 * Sends a file while it is made, as fast as it is taken. Broken off, it ends without its last chunk, so that it is not taken for
 * whole; who goes away in the middle of it misses the rest.
 */
export async function sendFile(file: Readable, res: Response): Promise<void> {
  await pipeline(file, res).catch((error: unknown) => {
    if (!HANG_UPS.some((code) => hasCode(error, code))) throw error;
  });
}
