import { SamlRefusal } from './saml-refusal.js';
import { SIGNATURE_HASHES } from './signature-value.js';
import {
  attributeOf,
  childOf,
  childrenOf,
  descendantsOf,
  isElement,
  NS,
  requiredChild,
} from './xml.js';

const SIGNATURES: ReadonlySet<string> = new Set(SIGNATURE_HASHES.keys());
const DIGESTS: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
]);
const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
/** SAML core 5.4.4 */
const TRANSFORMS: ReadonlySet<string> = new Set([
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  EXCLUSIVE_C14N,
]);
const ID_ATTRIBUTES = ['ID', 'Id', 'id', 'xml:id'];

/**
 * A response around exactly one assertion, each signed as a whole by a signature of its own, and nothing anywhere that could be
 * taken for either. What is read afterwards is then what the signatures cover. Says nothing about whether they are right.
 * @throws SamlRefusal ENCRYPTED, STRUCTURE, UNSIGNED, ALGORITHM
 */
export function requireSignedResponse(response: Element): void {
  const all = descendantsOf(response);
  if (all.some(({ localName }) => localName.startsWith('Encrypted'))) {
    throw new SamlRefusal('ENCRYPTED');
  }
  const [assertion, ...others] = all.filter(({ localName }) => localName === 'Assertion');
  if (assertion?.parentNode !== response || others.length > 0) throw new SamlRefusal('STRUCTURE');
  if (!isElement(assertion, NS.assertion, 'Assertion')) throw new SamlRefusal('STRUCTURE');
  requireSignatures(all, [response, assertion]);
}

/** A message that is signed as a whole, such as a LogoutRequest. @throws SamlRefusal STRUCTURE, UNSIGNED, ALGORITHM */
export function requireSignedMessage(message: Element): void {
  requireSignatures(descendantsOf(message), [message]);
}

function requireSignatures(all: readonly Element[], signed: readonly Element[]): void {
  const signatures = all.filter(({ localName }) => localName === 'Signature');
  const isEachSigned = signed.every((part) => signatures.some((s) => s.parentNode === part));
  if (!isEachSigned) throw new SamlRefusal('UNSIGNED');
  if (signatures.length !== signed.length || !areIdsUnique(all)) throw new SamlRefusal('STRUCTURE');
  for (const part of signed) {
    requireSignatureOf(part, requiredChild(part, NS.signature, 'Signature'));
  }
}

/** The signature covers its parent, whole, by algorithms that are good enough. */
function requireSignatureOf(part: Element, signature: Element): void {
  if (childOf(signature, NS.signature, 'Object') !== undefined) throw new SamlRefusal('STRUCTURE');
  const info = requiredChild(signature, NS.signature, 'SignedInfo');
  const reference = requiredChild(info, NS.signature, 'Reference');
  const id = attributeOf(part, 'ID') ?? '';
  if (id === '' || attributeOf(reference, 'URI') !== `#${id}`) throw new SamlRefusal('STRUCTURE');
  const transforms = requiredChild(reference, NS.signature, 'Transforms');
  const isGood =
    uses(info, 'CanonicalizationMethod', new Set([EXCLUSIVE_C14N])) &&
    uses(info, 'SignatureMethod', SIGNATURES) &&
    uses(reference, 'DigestMethod', DIGESTS) &&
    childrenOf(transforms, NS.signature, 'Transform').every((transform) =>
      TRANSFORMS.has(attributeOf(transform, 'Algorithm') ?? ''),
    );
  if (!isGood) throw new SamlRefusal('ALGORITHM');
}

function uses(parent: Element, name: string, allowed: ReadonlySet<string>): boolean {
  const method = requiredChild(parent, NS.signature, name);
  return allowed.has(attributeOf(method, 'Algorithm') ?? '');
}

function areIdsUnique(all: readonly Element[]): boolean {
  const ids = all.flatMap((element) =>
    ID_ATTRIBUTES.map((name) => attributeOf(element, name)).filter((id) => id !== null),
  );
  return new Set(ids).size === ids.length;
}
