import type { Logger } from '../../platform/logger.js';
import { pathOf, type Exchange } from './exchange.js';

/** What was asked for in vain is not repeated: it may be a code or a token in the wrong place. */
const UNKNOWN = '(unknown)';
/** A request is written behind it, of a few hundred characters. */
const OCSP = '/pki/ocsp';
const QUIET: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** One line per request: never a query string, a header, a body or a variable. */
export function logWhenAnswered(exchange: Exchange, log: Logger): void {
  const startedAt = performance.now();
  const path = shortened(pathOf(exchange.req)); // routers rewrite it as they go down
  exchange.res.once('close', () => {
    const { req, res, client, operation } = exchange;
    const line = {
      method: req.method,
      path: res.statusCode === 404 ? UNKNOWN : path,
      status: res.writableFinished ? res.statusCode : 499, // 499: the client hung up first
      ms: Math.round((performance.now() - startedAt) * 10) / 10,
      requestId: client.requestId,
      ...(operation === null ? {} : { operation }),
    };
    if (QUIET.has(line.path)) log.debug(line, 'request');
    else log.info(line, 'request');
  });
}

function shortened(path: string): string {
  return path.startsWith(`${OCSP}/`) ? OCSP : path;
}
