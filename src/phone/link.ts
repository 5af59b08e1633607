import { PhoneError } from './problem.js';

export interface EnrolmentLink {
  /** The server's public URL, without a slash at the end: the audience of the phone's proof. */
  readonly serverUrl: string;
  readonly code: string;
}

/** At least 128 bits, base64url. */
const CODE = /^[A-Za-z0-9_-]{22,86}$/;
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Reads what stands in the QR code: `PUBLIC_URL/m#CODE`, over https, or http on loopback.
 * Throws `LINK_NOT_UNDERSTOOD` for everything else.
 */
export function parseLink(link: string): EnrolmentLink {
  const url = parseUrl(link.trim());
  if (!isTrustworthy(url)) throw new PhoneError('LINK_NOT_UNDERSTOOD', 'It must be an https link.');
  const code = url.hash.slice(1);
  const plain = url.username === '' && url.password === '' && url.search === '';
  if (!plain || !url.pathname.endsWith('/m') || !isCode(code)) {
    throw new PhoneError('LINK_NOT_UNDERSTOOD', 'It must look like https://server/m#code.');
  }
  return { serverUrl: serverUrlOf(url), code };
}

export function isCode(text: string): boolean {
  return CODE.test(text);
}

/** The public URL of the server that serves a page at `…/m`. */
export function serverUrlOf(page: Pick<URL, 'origin' | 'pathname'>): string {
  return page.origin + page.pathname.replace(/\/m\/?$/, '');
}

function parseUrl(link: string): URL {
  try {
    return new URL(link);
  } catch (cause) {
    throw new PhoneError('LINK_NOT_UNDERSTOOD', 'It is not a link.', { cause });
  }
}

function isTrustworthy(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}
