import type { NameId, SamlResponse } from './messages/response.js';
import { SamlRefusal } from './messages/saml-refusal.js';
import { NAME_ID, type AttributeMapping } from './providers/identity-provider.js';

const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';

/** What a provider has said about a person, after all checks; JSON, as it waits in the database for the browser. */
export interface SamlOutcome {
  /** What the person is known by from now on. */
  readonly subject: string;
  readonly nameId: NameId;
  readonly sessionIndex: string | null;
  /** AuthnInstant, RFC 3339. */
  readonly authenticatedAt: string;
  readonly username: string;
  readonly email: string | null;
  /** Null where the provider does not say. */
  readonly displayName: string | null;
  /** Null where groups are not the provider's to say. */
  readonly groups: readonly string[] | null;
}

/** @throws SamlRefusal ATTRIBUTES where the user name is missing or ambiguous; NAME_ID where nothing names the person twice */
export function outcomeOf({ assertion }: SamlResponse, mapping: AttributeMapping): SamlOutcome {
  const { nameId, sessionIndex, authenticatedAt, attributes } = assertion;
  const valuesOf = (name: string): readonly string[] =>
    name === NAME_ID ? [nameId.value] : (attributes.get(name) ?? []);
  const [username, ...others] = valuesOf(mapping.username);
  if (username === undefined || others.length > 0) throw new SamlRefusal('ATTRIBUTES');
  if (authenticatedAt === null) throw new SamlRefusal('AUTHENTICATION_INSTANT');
  const first = (name: string | null): string | null =>
    name === null ? null : (valuesOf(name)[0] ?? null);
  return {
    subject: subjectOf(nameId, username, mapping),
    nameId,
    sessionIndex,
    authenticatedAt: authenticatedAt.toISOString(),
    username,
    email: first(mapping.email),
    displayName: first(mapping.displayName),
    groups: mapping.groups === null ? null : valuesOf(mapping.groups),
  };
}

/** A transient name is another one next time (SAML core 8.3.8): then the mapped user name has to do. */
function subjectOf(nameId: NameId, username: string, mapping: AttributeMapping): string {
  if (nameId.format !== TRANSIENT) return nameId.value;
  if (mapping.username === NAME_ID) throw new SamlRefusal('NAME_ID');
  return username;
}
