import { isLoopbackName } from '../../kernel/loopback.js';

/** Where mails are handed over. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte on (RFC 8314 section 3.3). */
  readonly secure: boolean;
  /** Nothing is said before STARTTLS has turned the line to TLS. Only a server on this machine may do without. */
  readonly requireTLS: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | null;
}

const SUBMISSION_PORT = 587;
const SUBMISSIONS_PORT = 465;

/**
 * Reads `smtp://user:password@host:587` or `smtps://…`.
 * @throws TypeError with what SMTP_URL has to be, never with what it is
 */
export function parseSmtpServer(text: string): SmtpServer {
  if (!/^smtps?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new TypeError('must be a smtp:// or smtps:// URL');
  }
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === '') throw new TypeError('must name a host');
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    throw new TypeError('must have nothing behind its host and port');
  }
  const secure = url.protocol === 'smtps:';
  return {
    host,
    port: url.port === '' ? portOf(secure) : Number(url.port),
    secure,
    requireTLS: !secure && !isLoopbackName(url.hostname),
    auth: authOf(url),
  };
}

function portOf(secure: boolean): number {
  return secure ? SUBMISSIONS_PORT : SUBMISSION_PORT;
}

function authOf({ username, password }: URL): SmtpServer['auth'] {
  if (username === '' && password === '') return null;
  try {
    return { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  } catch (cause) {
    throw new TypeError('has a user or a password that is not percent-encoded', { cause });
  }
}
