import { ServerError } from './problem.js';

/** A clock this far off may be why a proof was refused; the server allows 60 s. */
const TOLERANCE_MS = 30_000;

/** Proves at this phone's time; and once more, at the server's, where the refusal may be due to this phone's clock. */
export function inTime<T>(now: () => Date, proveAt: (issuedAt: Date) => Promise<T>): Promise<T> {
  return proveAt(now()).catch((error: unknown) => proveAt(serverTime(error, now())));
}

/** The server's time, where it is another one; else the refusal again. */
function serverTime(error: unknown, now: Date): Date {
  const isRefusal = error instanceof ServerError && error.code === 'DEVICE_PROOF_REJECTED';
  if (isRefusal && error.serverTime !== undefined) {
    const offMs = Math.abs(error.serverTime.getTime() - now.getTime());
    if (offMs > TOLERANCE_MS) return error.serverTime;
  }
  throw error;
}
