import type { Request, Response } from 'express';

/** For who is refused before he has sent all of it. */
const LAST_WORD_MS = 5000;

/** The body as it comes. Who stops reading it can still answer. */
export function bytesOf(req: Request): AsyncIterable<Uint8Array> {
  return req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

/** Whoever is answered while he still sends has a moment to notice. */
export function hangUpAfterAnswer(req: Request, res: Response): void {
  res.once('finish', () => {
    if (req.complete) return;
    const timer = setTimeout(() => {
      req.socket.destroy();
    }, LAST_WORD_MS);
    timer.unref();
    req.once('close', () => {
      clearTimeout(timer);
    });
  });
}
