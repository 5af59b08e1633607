import { SamlRefusal } from './saml-refusal.js';
import { requireKnownSigner } from './signature-value.js';
import { requireSignedResponse } from './signed-structure.js';
import {
  attributeOf,
  childOf,
  childrenOf,
  elementsIn,
  instantOf,
  isElement,
  NS,
  parseXml,
  requiredChild,
  textOf,
} from './xml.js';

const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';

export interface SubjectConfirmation {
  readonly method: string | null;
  readonly recipient: string | null;
  readonly inResponseTo: string | null;
  readonly notBefore: Date | null;
  readonly notOnOrAfter: Date | null;
}

interface Conditions {
  readonly notBefore: Date | null;
  readonly notOnOrAfter: Date | null;
  /** One list for each restriction; all must hold (SAML core 2.5.1.4). */
  readonly audiences: readonly (readonly string[])[];
  /** Whether there are conditions that this server does not know, and so cannot hold to be met (SAML core 2.5.1). */
  readonly hasUnknown: boolean;
}

export interface NameId {
  readonly value: string;
  readonly format: string | null;
  readonly nameQualifier: string | null;
  readonly spNameQualifier: string | null;
}

/** What a response says: nothing of it is believed before its signatures and all checks have passed. */
export interface SamlResponse {
  /** The value of its own signature. */
  readonly signature: string;
  readonly version: string | null;
  readonly destination: string | null;
  readonly inResponseTo: string | null;
  readonly issuer: string;
  readonly assertion: {
    readonly id: string;
    readonly version: string | null;
    readonly issuer: string;
    readonly nameId: NameId;
    readonly confirmations: readonly SubjectConfirmation[];
    readonly conditions: Conditions;
    readonly authenticatedAt: Date | null;
    readonly sessionEndsAt: Date | null;
    readonly sessionIndex: string | null;
    readonly context: string | null;
    readonly attributes: ReadonlyMap<string, readonly string[]>;
  };
}

/** The root's start tag with its attributes, each of which has to end before the next. */
const START_TAG =
  /^(?:<\?xml[^<>]*\?>\s*)?<(?:[\w.-]+:)?Response((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*\/?>/;
const IN_RESPONSE_TO = /\sInResponseTo\s*=\s*(?:"([^"]*)"|'([^']*)')/;

/**
 * What a plain text that is a response answers, or null for nothing: by which it is decided whether to look at it at all. What
 * is read later must say the same.
 * @throws SamlRefusal MALFORMED for anything but a response
 */
export function answeredBy(text: string): string | null {
  const attributes = START_TAG.exec(text)?.[1];
  if (attributes === undefined) throw new SamlRefusal('MALFORMED');
  const [, double, single] = IN_RESPONSE_TO.exec(attributes) ?? [];
  return double ?? single ?? null;
}

/**
 * Reads a response that has a signature by one of these keys; what it covers is for the library to say.
 * @param text plain, see `requirePlain`
 * @throws SamlRefusal STATUS where the provider says no, else what is wrong with the document
 */
export function readResponse(text: string, certificates: readonly string[]): SamlResponse {
  const root = parseXml(text);
  if (!isElement(root, NS.protocol, 'Response')) throw new SamlRefusal('MALFORMED');
  requireSuccess(root);
  requireSignedResponse(root);
  const assertion = requiredChild(root, NS.assertion, 'Assertion');
  const signature = requireKnownSigner(root, certificates);
  requireKnownSigner(assertion, certificates);
  return {
    signature,
    version: attributeOf(root, 'Version'),
    destination: attributeOf(root, 'Destination'),
    inResponseTo: attributeOf(root, 'InResponseTo'),
    issuer: textOf(requiredChild(root, NS.assertion, 'Issuer')),
    assertion: {
      id: attributeOf(assertion, 'ID') ?? '',
      version: attributeOf(assertion, 'Version'),
      issuer: textOf(requiredChild(assertion, NS.assertion, 'Issuer')),
      ...readSubject(requiredChild(assertion, NS.assertion, 'Subject')),
      conditions: readConditions(requiredChild(assertion, NS.assertion, 'Conditions')),
      ...readAuthentication(requiredChild(assertion, NS.assertion, 'AuthnStatement')),
      attributes: readAttributes(assertion),
    },
  };
}

export function readNameId(parent: Element): NameId {
  const nameId = requiredChild(parent, NS.assertion, 'NameID');
  return {
    value: textOf(nameId),
    format: attributeOf(nameId, 'Format'),
    nameQualifier: attributeOf(nameId, 'NameQualifier'),
    spNameQualifier: attributeOf(nameId, 'SPNameQualifier'),
  };
}

/** Whatever stands beside another status proves nothing. @throws SamlRefusal STATUS */
export function requireSuccess(message: Element): void {
  const status = requiredChild(message, NS.protocol, 'Status');
  const code = requiredChild(status, NS.protocol, 'StatusCode');
  if (attributeOf(code, 'Value') !== SUCCESS) throw new SamlRefusal('STATUS');
}

function readSubject(
  subject: Element,
): Pick<SamlResponse['assertion'], 'nameId' | 'confirmations'> {
  return {
    nameId: readNameId(subject),
    confirmations: childrenOf(subject, NS.assertion, 'SubjectConfirmation').map((confirmation) => {
      const data = childOf(confirmation, NS.assertion, 'SubjectConfirmationData');
      return {
        method: attributeOf(confirmation, 'Method'),
        recipient: data ? attributeOf(data, 'Recipient') : null,
        inResponseTo: data ? attributeOf(data, 'InResponseTo') : null,
        notBefore: data ? instantOf(data, 'NotBefore') : null,
        notOnOrAfter: data ? instantOf(data, 'NotOnOrAfter') : null,
      };
    }),
  };
}

const KNOWN_CONDITIONS: ReadonlySet<string> = new Set([
  'AudienceRestriction',
  'OneTimeUse',
  'ProxyRestriction',
]);

function readConditions(conditions: Element): Conditions {
  return {
    notBefore: instantOf(conditions, 'NotBefore'),
    notOnOrAfter: instantOf(conditions, 'NotOnOrAfter'),
    audiences: childrenOf(conditions, NS.assertion, 'AudienceRestriction').map((restriction) =>
      childrenOf(restriction, NS.assertion, 'Audience').map(textOf),
    ),
    hasUnknown: elementsIn(conditions).some(
      ({ namespaceURI, localName }) =>
        namespaceURI !== NS.assertion || !KNOWN_CONDITIONS.has(localName),
    ),
  };
}

function readAuthentication(
  statement: Element,
): Pick<
  SamlResponse['assertion'],
  'authenticatedAt' | 'sessionEndsAt' | 'sessionIndex' | 'context'
> {
  const context = requiredChild(statement, NS.assertion, 'AuthnContext');
  const reference = childOf(context, NS.assertion, 'AuthnContextClassRef');
  return {
    authenticatedAt: instantOf(statement, 'AuthnInstant'),
    sessionEndsAt: instantOf(statement, 'SessionNotOnOrAfter'),
    sessionIndex: attributeOf(statement, 'SessionIndex'),
    context: reference === undefined ? null : textOf(reference),
  };
}

/** Values that are plain texts, by the attribute's `Name`. */
function readAttributes(assertion: Element): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, readonly string[]>();
  for (const statement of childrenOf(assertion, NS.assertion, 'AttributeStatement')) {
    for (const attribute of childrenOf(statement, NS.assertion, 'Attribute')) {
      const name = attributeOf(attribute, 'Name') ?? '';
      const values = childrenOf(attribute, NS.assertion, 'AttributeValue')
        .filter((value) => elementsIn(value).length === 0)
        .map(textOf);
      attributes.set(name, [...(attributes.get(name) ?? []), ...values]);
    }
  }
  return attributes;
}
