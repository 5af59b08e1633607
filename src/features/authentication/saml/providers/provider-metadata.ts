import { FieldProblems } from '../../../../kernel/field-problems.js';
import { SamlRefusal } from '../messages/saml-refusal.js';
import { attributeOf, childOf, childrenOf, descendantsOf, NS, parseXml } from '../messages/xml.js';

const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const MAX_BYTES = 200_000;

/** What a provider's metadata says, as yet unchecked. */
export interface ProviderMetadata {
  readonly entityId: string;
  readonly signInUrl: string;
  readonly signOutUrl: string | null;
  /** Base64 of DER. */
  readonly certificates: readonly string[];
}

/** Reads an EntityDescriptor with one IDPSSODescriptor (SAML metadata 2.3.2, 2.4.3). @throws DomainError INVALID_INPUT */
export function readProviderMetadata(xml: string, field: string): ProviderMetadata {
  const refuse = (message: string): never => {
    new FieldProblems().note(field, message).refuse();
    throw new Error('unreachable');
  };
  if (Buffer.byteLength(xml) > MAX_BYTES) return refuse('It is too long.');
  const entity = rootOf(xml) ?? refuse('It is no well-formed XML without a document type.');
  if (entity.namespaceURI !== NS.metadata || entity.localName !== 'EntityDescriptor') {
    return refuse('It must be the metadata of one provider: an EntityDescriptor.');
  }
  const [role, ...others] = childrenOf(entity, NS.metadata, 'IDPSSODescriptor');
  if (role === undefined || others.length > 0) {
    return refuse('It must have exactly one IDPSSODescriptor.');
  }
  return {
    entityId: attributeOf(entity, 'entityID') ?? refuse('It has no entityID.'),
    signInUrl:
      locationOf(role, 'SingleSignOnService') ??
      refuse('It has no SingleSignOnService for HTTP-Redirect.'),
    signOutUrl: locationOf(role, 'SingleLogoutService') ?? null,
    certificates: certificatesIn(role),
  };
}

function rootOf(xml: string): Element | undefined {
  try {
    return parseXml(xml.trim());
  } catch (error) {
    if (error instanceof SamlRefusal) return undefined;
    throw error;
  }
}

function locationOf(role: Element, service: string): string | undefined {
  const endpoint = childrenOf(role, NS.metadata, service).find(
    (candidate) => attributeOf(candidate, 'Binding') === REDIRECT,
  );
  return (endpoint && attributeOf(endpoint, 'Location')) ?? undefined;
}

/** Keys without a `use` serve for all (SAML metadata 2.4.1.1). */
function certificatesIn(role: Element): string[] {
  return childrenOf(role, NS.metadata, 'KeyDescriptor')
    .filter((descriptor) => (attributeOf(descriptor, 'use') ?? 'signing') === 'signing')
    .map((descriptor) => childOf(descriptor, NS.signature, 'KeyInfo'))
    .flatMap((info) => (info === undefined ? [] : descendantsOf(info)))
    .filter(({ namespaceURI, localName }) =>
      namespaceURI === NS.signature ? localName === 'X509Certificate' : false,
    )
    .map((certificate) => certificate.textContent);
}
