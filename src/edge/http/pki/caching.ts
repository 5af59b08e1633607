import type { Response } from 'express';

export interface Freshness {
  /** Names this very content. */
  readonly tag: string;
  readonly lastModified: Date;
  readonly maxAgeSeconds: number;
  readonly expires: Date;
}

/** Express compares `if-none-match` and `if-modified-since` with these, and answers 304. */
export function setCaching(res: Response, freshness: Freshness): void {
  const { tag, lastModified, maxAgeSeconds, expires } = freshness;
  res.set({
    etag: `"${tag}"`,
    'last-modified': lastModified.toUTCString(),
    expires: expires.toUTCString(),
    // RFC 5019 6.2
    'cache-control': `max-age=${String(maxAgeSeconds)}, public, no-transform, must-revalidate`,
  });
}

/** Whole seconds from one to the other, at least none and at most so many. */
export function secondsUntil(end: Date, now: Date, atMost: number): number {
  const seconds = Math.floor((end.getTime() - now.getTime()) / 1000);
  return Math.min(Math.max(seconds, 0), atMost);
}
