import type { Exchange } from './exchange.js';

const HEADERS =
  'content-type, authorization, x-watch-token, x-device-token, x-apollo-operation-name, apollo-require-preflight';
const EXPOSED = 'x-request-id, www-authenticate, retry-after';
const PREFLIGHT_SECONDS = '600';

/**
 * Lets pages of listed origins read the answer; without credentials, as a foreign origin has no cookie's authority.
 * @returns whether the request was a preflight, which is answered with that
 */
export function answerCors({ req, res, client }: Exchange): boolean {
  res.setHeader('vary', 'origin');
  if (client.origin === 'allowed') {
    res.setHeader('access-control-allow-origin', req.headers.origin ?? '');
    res.setHeader('access-control-expose-headers', EXPOSED);
  }
  if (req.method !== 'OPTIONS') return false;
  if (client.origin === 'allowed') {
    res.setHeader('access-control-allow-methods', 'GET, POST');
    res.setHeader('access-control-allow-headers', HEADERS);
    res.setHeader('access-control-max-age', PREFLIGHT_SECONDS);
  }
  res.writeHead(204, { allow: 'GET, POST, OPTIONS' }).end();
  return true;
}
