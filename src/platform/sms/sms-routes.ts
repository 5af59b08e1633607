import { isLoopbackName } from '../../kernel/loopback.js';
import type { HttpRoute } from './http-gateway.js';
import type { SmppRoute } from './smpp/smpp-gateway.js';

export type SmsRoute = HttpRoute | SmppRoute;

/** RFC 6750 section 2.1, b64token. */
const BEARER_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
const SMPP = /^smpps?:\/\//i;
const SMPP_PORT = 2775;
const SMPPS_PORT = 3550;
/** An alphanumeric sender, a number, or a short code. */
const SENDER = /^(?:\+?\d{3,15}|[A-Za-z0-9 ._-]{1,11})$/;
/** SMPP 3.4 section 5.2.1 and 5.2.2, as octets with the NUL that ends them. */
const MAX_SYSTEM_ID = 15;
const MAX_PASSWORD = 8;

/**
 * Reads one or more URLs, divided by blanks, in the order in which they are tried: `https://user:password@host/path`,
 * `https://host/path?token=…`, whatever else stands in the query being the gateway's; `smpp://user:password@host:2775?from=…`,
 * with TLS `smpps://`.
 * @throws TypeError with what SMS_URL has to be, never with what it is
 */
export function parseSmsRoutes(text: string): SmsRoute[] {
  const routes = text
    .trim()
    .split(/\s+/)
    .map((each) => (SMPP.test(each) ? smppRoute(each) : httpRoute(each)));
  const names = routes.map((route) => JSON.stringify(route));
  if (new Set(names).size < names.length) throw new TypeError('must name each gateway once');
  return routes;
}

function httpRoute(text: string): HttpRoute {
  if (!URL.canParse(text)) {
    throw new TypeError('must hold https:// or smpp:// URLs of SMS gateways, divided by blanks');
  }
  const url = new URL(text);
  const isLocal = url.protocol === 'http:' && isLoopbackName(url.hostname);
  if (url.protocol !== 'https:' && !isLocal) {
    throw new TypeError('must be https: plain http is for loopback addresses only');
  }
  if (url.hash !== '') throw new TypeError('must not have a part behind #');
  const authorization = authorizationOf(url);
  url.searchParams.delete('token');
  url.username = '';
  url.password = '';
  return { kind: 'HTTP', url: url.href, authorization };
}

function smppRoute(text: string): SmppRoute {
  if (!URL.canParse(text)) throw new TypeError('has an SMPP URL that cannot be read');
  const url = new URL(text);
  if (url.hostname === '' || /[^/]/.test(url.pathname) || url.hash !== '') {
    throw new TypeError('must be of the form smpp://user:password@host:port?from=sender');
  }
  const tls = url.protocol.toLowerCase() === 'smpps:';
  const port = url.port === '' ? portOf(tls) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { kind: 'SMPP', host, port, tls, ...loginOf(url), from: senderOf(url) };
}

function senderOf({ searchParams }: URL): string | null {
  const options = [...searchParams.keys()];
  if (options.some((name) => name !== 'from') || options.length > 1) {
    throw new TypeError('can say of an SMPP server only the sender: ?from=');
  }
  const from = searchParams.get('from');
  if (from === null || SENDER.test(from)) return from;
  throw new TypeError('has a sender that is neither a number nor up to eleven letters and digits');
}

function loginOf(url: URL): Pick<SmppRoute, 'systemId' | 'password'> {
  const systemId = decoded(url.username);
  const password = decoded(url.password);
  if (systemId === '' || systemId.length > MAX_SYSTEM_ID || password.length > MAX_PASSWORD) {
    throw new TypeError(
      'must name an SMPP user of up to 15 characters, with a password of up to 8',
    );
  }
  return { systemId, password };
}

function portOf(tls: boolean): number {
  return tls ? SMPPS_PORT : SMPP_PORT;
}

function authorizationOf(url: URL): string | null {
  const tokens = url.searchParams.getAll('token');
  const [token] = tokens;
  const hasUser = url.username !== '' || url.password !== '';
  if (tokens.length > 1 || (token !== undefined && hasUser)) {
    throw new TypeError('must name one way to authenticate: user and password, or a token');
  }
  if (token !== undefined) {
    if (!BEARER_TOKEN.test(token)) throw new TypeError('has a token with other characters');
    return `Bearer ${token}`;
  }
  return hasUser ? basic(decoded(url.username), decoded(url.password)) : null;
}

/** RFC 7617 section 2. */
function basic(user: string, password: string): string {
  if (user.includes(':')) throw new TypeError('must have no colon in its user');
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new TypeError('has a user or a password that is not percent-encoded', { cause });
  }
}
