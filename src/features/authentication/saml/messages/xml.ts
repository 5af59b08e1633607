import { DOMParser } from '@xmldom/xmldom';
import { SamlRefusal } from './saml-refusal.js';

export const NS = {
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
} as const;

const MAX_DEPTH = 40;
const MAX_ELEMENTS = 5000;
/** Of messages, which anybody may send: each costs time before its signature is known to be wrong. */
const MAX_MESSAGE_ELEMENTS = 500;
const MAX_ATTRIBUTES = 20;
const ELEMENT_NODE = 1;
// eslint-disable-next-line no-control-regex -- those are what is looked for
const NOT_A_CHARACTER = /[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/u;
/** SAML core 1.3.3: UTC. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00)$/;

/**
 * One well-formed document, without a document type: no entity, and nothing fetched.
 * @throws SamlRefusal MALFORMED, DOCTYPE
 */
export function parseXml(text: string): Element {
  refuseDocumentType(text);
  const root = parsed(text);
  refuseOversize(root);
  return root;
}

/**
 * The XML of a SAML message, which is stricter: comments, CDATA and processing instructions split texts in two for some
 * readers and not for others.
 * @throws SamlRefusal MALFORMED, DOCTYPE, COMMENT
 */
export function parseMessage(text: string): Element {
  requirePlain(text);
  return parseXml(text);
}

/** All that can be said about a message without making a tree of it. @throws SamlRefusal MALFORMED, DOCTYPE, COMMENT */
export function requirePlain(text: string): void {
  if (text.includes('<!--')) throw new SamlRefusal('COMMENT');
  const isPlain = text.startsWith('<') && !text.includes('<![') && !text.includes('<?', 1);
  if (!isPlain || !hasOnlyCharacters(text)) throw new SamlRefusal('MALFORMED');
  refuseDocumentType(text);
  if (!isSmall(text)) throw new SamlRefusal('MALFORMED');
}

/** Base64 of UTF-8, and nothing that decoders would skip. @throws SamlRefusal MALFORMED */
export function decodeBase64(encoded: string): Buffer {
  const bare = encoded.replace(/[\r\n]/g, '');
  if (bare === '' || bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) {
    throw new SamlRefusal('MALFORMED');
  }
  return Buffer.from(bare, 'base64');
}

/** @throws SamlRefusal MALFORMED */
export function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SamlRefusal('MALFORMED', { cause });
  }
}

export function isElement(element: Element, namespace: string, name: string): boolean {
  return element.namespaceURI === namespace && element.localName === name;
}

export function elementsIn(parent: Node): Element[] {
  return Array.from({ length: parent.childNodes.length }, (_, i) => parent.childNodes[i]).filter(
    (node): node is Element => node?.nodeType === ELEMENT_NODE,
  );
}

export function childrenOf(parent: Element, namespace: string, name: string): Element[] {
  return elementsIn(parent).filter((element) => isElement(element, namespace, name));
}

/** The one child of this name, or undefined. @throws SamlRefusal MALFORMED where there are several */
export function childOf(parent: Element, namespace: string, name: string): Element | undefined {
  const [first, ...others] = childrenOf(parent, namespace, name);
  if (others.length > 0) throw new SamlRefusal('MALFORMED');
  return first;
}

/** @throws SamlRefusal MALFORMED where there is not exactly one */
export function requiredChild(parent: Element, namespace: string, name: string): Element {
  const child = childOf(parent, namespace, name);
  if (child === undefined) throw new SamlRefusal('MALFORMED');
  return child;
}

/** The text of an element that holds nothing else. @throws SamlRefusal MALFORMED */
export function textOf(element: Element): string {
  if (elementsIn(element).length > 0) throw new SamlRefusal('MALFORMED');
  return element.textContent;
}

export function attributeOf(element: Element, name: string): string | null {
  return element.hasAttribute(name) ? element.getAttribute(name) : null;
}

/** Null where there is none. @throws SamlRefusal MALFORMED */
export function instantOf(element: Element, name: string): Date | null {
  const text = attributeOf(element, name);
  if (text === null) return null;
  const instant = new Date(text);
  if (!INSTANT.test(text) || Number.isNaN(instant.getTime())) throw new SamlRefusal('MALFORMED');
  return instant;
}

/** The element and all below it, in document order. */
export function descendantsOf(root: Element): Element[] {
  const found: Element[] = [];
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    found.push(next);
    waiting.push(...elementsIn(next).reverse());
  }
  return found;
}

function refuseDocumentType(text: string): void {
  if (/<!(?!--|\[CDATA\[)/.test(text)) throw new SamlRefusal('DOCTYPE');
}

/** The parser takes longer than in proportion where there are many attributes, so that they are counted before it. */
function isSmall(text: string): boolean {
  const tags = text.split('<');
  return (
    tags.filter((tag) => !tag.startsWith('/')).length - 1 <= MAX_MESSAGE_ELEMENTS &&
    tags.every((tag) => (tag.match(/=\s*["']/g)?.length ?? 0) <= MAX_ATTRIBUTES)
  );
}

/** XML 1.0 section 2.2, written out or as a reference; the parser does not look. */
function hasOnlyCharacters(text: string): boolean {
  const references = [...text.matchAll(/&#(?:x([0-9a-f]+)|(\d+));?/gi)].map(([, hex, decimal]) =>
    hex === undefined ? Number(decimal) : Number.parseInt(hex, 16),
  );
  return (
    references.every(
      (code) => code <= 0x10ffff && NOT_A_CHARACTER.exec(String.fromCodePoint(code)) === null,
    ) && NOT_A_CHARACTER.exec(text) === null
  );
}

function parsed(text: string): Element {
  const fail = (): never => {
    throw new SamlRefusal('MALFORMED');
  };
  const errorHandler = { warning: fail, error: fail, fatalError: fail };
  try {
    const document = new DOMParser({ errorHandler }).parseFromString(text, 'text/xml');
    const [root, ...others] = elementsIn(document);
    return root === undefined || others.length > 0 ? fail() : root;
  } catch (cause) {
    throw new SamlRefusal('MALFORMED', { cause });
  }
}

/** Verification walks the tree by recursion: it must not be made to run out of stack. */
function refuseOversize(root: Element): void {
  let level = [root];
  let count = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    count += level.length;
    if (depth > MAX_DEPTH || count > MAX_ELEMENTS) throw new SamlRefusal('MALFORMED');
    level = level.flatMap((element) => elementsIn(element));
  }
}
