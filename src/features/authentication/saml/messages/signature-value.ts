import { verify } from 'node:crypto';
import { ExclusiveCanonicalization, findAncestorNs } from 'xml-crypto';
import { SamlRefusal } from './saml-refusal.js';
import { attributeOf, decodeBase64, elementsIn, NS, requiredChild, textOf } from './xml.js';

/** RFC 9231 section 2.3; SHA-1 is out, and so is every algorithm that proves nothing, such as an HMAC under a public key. */
export const SIGNATURE_HASHES: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', 'sha512'],
]);

/**
 * Looks whether one of these keys has made the part's own signature, before anybody walks through what it covers: that takes
 * many times as long, and whether it covers this part is not known yet.
 * @returns the signature itself, in one spelling
 * @throws SamlRefusal SIGNATURE, MALFORMED
 */
export function requireKnownSigner(part: Element, certificates: readonly string[]): string {
  const signature = requiredChild(part, NS.signature, 'Signature');
  const info = requiredChild(signature, NS.signature, 'SignedInfo');
  const method = requiredChild(info, NS.signature, 'SignatureMethod');
  const hash = SIGNATURE_HASHES.get(attributeOf(method, 'Algorithm') ?? '');
  if (hash === undefined) throw new SamlRefusal('ALGORITHM');
  const value = textOf(requiredChild(signature, NS.signature, 'SignatureValue'));
  const octets = decodeBase64(value.replace(/\s/g, ''));
  const signed = Buffer.from(canonical(info));
  const isKnown = certificates.some((certificate) => verify(hash, signed, certificate, octets));
  if (!isKnown) throw new SamlRefusal('SIGNATURE');
  return octets.toString('base64');
}

/** Exclusive canonicalization, as the library does it. */
function canonical(info: Element): string {
  const hasPrefixes =
    elementsIn(requiredChild(info, NS.signature, 'CanonicalizationMethod')).length > 0;
  const ancestorNamespaces = hasPrefixes
    ? findAncestorNs(info.ownerDocument, "//*[local-name()='SignedInfo']")
    : [];
  return new ExclusiveCanonicalization().process(info, { ancestorNamespaces });
}
