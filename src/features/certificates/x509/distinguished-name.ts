import { domainToASCII } from 'node:url';
import { DerError, type DerValue, exactItemsOf, expectTag, itemsOf, TAG } from './der.js';

export interface NameAttribute {
  readonly type: keyof typeof SHORT_NAMES;
  readonly value: string;
}
export type DistinguishedName = readonly NameAttribute[];

/** An address as a subjectAltName can carry it; the domain in ASCII (A-labels) either way. */
export interface Mailbox {
  readonly form: 'rfc822Name' | 'smtpUtf8Mailbox';
  readonly address: string;
}

/** One name within a subjectAltName. */
export type AlternativeName =
  Mailbox | { readonly form: 'uri' | 'userPrincipalName'; readonly address: string };

/** ub-common-name, ub-organization-name, ub-organizational-unit-name and ub-serial-number of RFC 5280 appendix A. */
const MAX_NAME_CHARACTERS = 64;
const SHORT_NAMES = {
  country: 'C',
  organization: 'O',
  organizationalUnit: 'OU',
  serialNumber: 'serialNumber',
  commonName: 'CN',
  emailAddress: 'emailAddress',
} as const;
const TYPES_BY_OID: ReadonlyMap<string, NameAttribute['type']> = new Map([
  ['550403', 'commonName'],
  ['550405', 'serialNumber'],
  ['550406', 'country'],
  ['55040a', 'organization'],
  ['55040b', 'organizationalUnit'],
  ['2a864886f70d010901', 'emailAddress'],
]);
/** RFC 5321 4.5.3.1, in octets of UTF-8 (RFC 6531 3.3). */
const MAX_OCTETS = { address: 254, local: 64 } as const;
const LOCAL_PART = /^(?!\.)(?!.*\.\.)[^"(),:;<>@[\\\]]+(?<!\.)$/u;
const ASCII_DOMAIN =
  /^(?!(?:.*\.)?\d+$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
/** Nothing that the URL standard's host parser behind domainToASCII would cut off or decode. */
const UNICODE_DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u;
const NOT_ASCII = /\P{ASCII}/u;
const BLANK_OR_CONTROL = /[\s\p{C}]/u;

/** Cut to 64 characters, never within one; a lone surrogate becomes U+FFFD, since UTF-8 cannot say it. */
export function fitName(name: string, maxCharacters = MAX_NAME_CHARACTERS): string {
  return Buffer.from(Array.from(name).slice(0, maxCharacters).join(''), 'utf8').toString('utf8');
}

/** Reads a name made of the attributes that this product writes. @throws DerError */
export function readName(name: DerValue | undefined): DistinguishedName {
  return itemsOf(name, TAG.SEQUENCE).map((rdn) => {
    const [attribute] = exactItemsOf(rdn, TAG.SET, 1);
    const [oid, value] = exactItemsOf(attribute, TAG.SEQUENCE, 2);
    const type = TYPES_BY_OID.get(expectTag(oid, TAG.OID).content.toString('hex'));
    if (!type || !value) throw new DerError('name with an attribute of another kind');
    return { type, value: value.content.toString('utf8') };
  });
}

/** RFC 4514, control characters as hex pairs. */
export function formatName(name: DistinguishedName): string {
  return [...name]
    .reverse()
    .map(({ type, value }) => `${SHORT_NAMES[type]}=${escapeValue(value)}`)
    .join(',');
}

/** Undefined for what no certificate should name as an address, quoted local parts included. */
export function mailboxOf(email: string | undefined): Mailbox | undefined {
  if (email === undefined || email.length > MAX_OCTETS.address) return undefined;
  if (BLANK_OR_CONTROL.test(email)) return undefined;
  const at = email.lastIndexOf('@');
  const local = email.slice(0, Math.max(at, 0));
  const domain = email.slice(at + 1);
  const asciiDomain = UNICODE_DOMAIN.test(domain) ? domainToASCII(domain) : '';
  if (!LOCAL_PART.test(local) || !ASCII_DOMAIN.test(asciiDomain)) return undefined;
  const form = NOT_ASCII.test(local) ? 'smtpUtf8Mailbox' : 'rfc822Name';
  const address = `${local}@${asciiDomain}`;
  const isTooLong =
    Buffer.byteLength(local) > MAX_OCTETS.local || Buffer.byteLength(address) > MAX_OCTETS.address;
  return isTooLong ? undefined : { form, address };
}

// RFC 4514 2.4
function escapeValue(value: string): string {
  return value
    .replace(/["+,;<>\\]|^[ #]| $/g, String.raw`\$&`)
    .replace(/\p{Cc}/gu, (control) =>
      Array.from(Buffer.from(control, 'utf8'), (octet) => `\\${hexPair(octet)}`).join(''),
    );
}

function hexPair(octet: number): string {
  return octet.toString(16).padStart(2, '0').toUpperCase();
}
