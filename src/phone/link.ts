import { PhoneError } from './problem.js';

/** What a link of a mobile ID leads to: an order, or the question whether it is you. */
export interface MobileIdLink {
  /** The server's public URL, without a slash at the end: the audience of the phone's proof. */
  readonly serverUrl: string;
  readonly code: string;
}

/** At least 128 bits, base64url. */
const CODE = /^[A-Za-z0-9_-]{22,86}$/;
const PROOF_MARK = 'p.';
/** The phone page, and the one that leads to it. */
const PAGE = /\/[im]$/;
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Reads what stands in the QR code: `PUBLIC_URL/m#CODE`, over https, or http on loopback; also `PUBLIC_URL/i#CODE`, which stands in
 * mails and text messages.
 * Throws `LINK_NOT_UNDERSTOOD` for everything else.
 */
export function parseLink(link: string): MobileIdLink {
  const { serverUrl, fragment } = parsePage(link);
  if (isCode(fragment)) return { serverUrl, code: fragment };
  throw new PhoneError('LINK_NOT_UNDERSTOOD', 'It must look like https://server/m#code.');
}

/**
 * Reads the QR code of a question whether it is you: `PUBLIC_URL/m#p.CODE`; undefined where the link is another one.
 * Throws `LINK_NOT_UNDERSTOOD` for what is no link of a phone page.
 */
export function parseProofLink(link: string): MobileIdLink | undefined {
  const { serverUrl, fragment } = parsePage(link);
  const code = proofCodeIn(fragment);
  return code === undefined ? undefined : { serverUrl, code };
}

export function isCode(text: string): boolean {
  return CODE.test(text);
}

/** The code of a question whether it is you; undefined where the fragment is of another kind. */
export function proofCodeIn(fragment: string): string | undefined {
  const code = fragment.startsWith(PROOF_MARK) ? fragment.slice(PROOF_MARK.length) : '';
  return isCode(code) ? code : undefined;
}

function parsePage(link: string): { serverUrl: string; fragment: string } {
  const url = parseUrl(link.trim());
  if (!isTrustworthy(url)) throw new PhoneError('LINK_NOT_UNDERSTOOD', 'It must be an https link.');
  const plain = url.username === '' && url.password === '' && url.search === '';
  if (!plain || !PAGE.test(url.pathname)) {
    throw new PhoneError('LINK_NOT_UNDERSTOOD', 'It must look like https://server/m#code.');
  }
  return { serverUrl: serverUrlOf(url), fragment: url.hash.slice(1) };
}

/** The public URL of the server that serves a page at `…/m` or `…/i`. */
export function serverUrlOf(page: Pick<URL, 'origin' | 'pathname'>): string {
  return page.origin + page.pathname.replace(/\/[im]\/?$/, '');
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
