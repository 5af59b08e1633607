import { systemClock, type Clock } from '../kernel/clock.js';
import { isLoopbackName } from '../kernel/loopback.js';
import { storeTextMessage } from './mailbox.js';

/** Two or three lines for one phone. */
export interface TextMessage {
  /** E.164. */
  readonly to: string;
  readonly text: string;
  /** The same for each repeat of one message, so that a gateway that took it already does not send, and bill, it twice. */
  readonly messageId: string;
}

export interface SmsSender {
  /** Resolves when the gateway took the message. @throws SmsError */
  send(message: TextMessage): Promise<void>;
}

/** What takes messages as HTTP calls. */
export interface SmsGateway {
  readonly url: string;
  /** Value of the Authorization header. Null: the gateway knows the server in another way. */
  readonly authorization: string | null;
}

export interface SmsSenderOptions {
  /** Null: each message becomes a file in `mailboxDir`. */
  readonly gateway: SmsGateway | null;
  readonly mailboxDir: string;
  readonly clock?: Clock;
}

/** Nobody took the message. It says what the gateway's answer was about, and no word of the message, its number or a secret. */
export class SmsError extends Error {
  override readonly name = 'SmsError';
}

const TIMEOUT_MS = 10_000;
/** RFC 6750 section 2.1, b64token. */
const BEARER_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

export function createSmsSender(options: SmsSenderOptions): SmsSender {
  const { gateway, mailboxDir, clock = systemClock } = options;
  if (gateway === null) {
    return { send: ({ to, text }) => storeTextMessage(mailboxDir, clock.now(), { to, text }) };
  }
  return { send: (message) => post(gateway, message) };
}

async function post({ url, authorization }: SmsGateway, message: TextMessage): Promise<void> {
  const { to, text, messageId } = message;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': `"${messageId}"`, // a structured string: draft-ietf-httpapi-idempotency-key-header section 2.1
      ...(authorization === null ? {} : { authorization }),
    },
    body: JSON.stringify({ to, text }),
    redirect: 'error', // neither the message nor the secret goes where the operator did not send it
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new SmsError(`The SMS gateway cannot be reached (${reasonOf(error)}).`);
  });
  await response.body?.cancel().catch(() => undefined);
  if (!response.ok) {
    throw new SmsError(`The SMS gateway did not take the message (${String(response.status)}).`);
  }
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  if (typeof cause?.code === 'string') return cause.code;
  return typeof name === 'string' ? name : 'no answer';
}

/**
 * Reads `https://user:password@host/path` or `https://host/path?token=…`; whatever else stands in the query is the gateway's.
 * @throws TypeError with what SMS_URL has to be, never with what it is
 */
export function parseSmsGateway(text: string): SmsGateway {
  if (/^smpps?:/i.test(text)) {
    throw new TypeError('names an SMPP server, and only HTTP gateways are supported');
  }
  if (!URL.canParse(text)) throw new TypeError('must be the https URL of an SMS gateway');
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
  return { url: url.href, authorization };
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
