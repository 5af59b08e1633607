import { isIP } from 'node:net';
import { DomainError } from '../../../kernel/errors.js';

/** Signet, as authenticators know it (WebAuthn section 4). */
export interface RelyingParty {
  /** A domain: passkeys made for it work nowhere else. */
  readonly id: string;
  readonly name: string;
  /** The one origin whose pages may use them. */
  readonly origin: string;
}

/** Undefined where the server is known by an address only: the relying party's id is a domain (WebAuthn section 5.1.2). */
export function relyingPartyOf(publicUrl: string): RelyingParty | undefined {
  const { hostname, origin } = new URL(publicUrl);
  const isAddress = hostname.startsWith('[') || isIP(hostname) !== 0;
  return isAddress ? undefined : { id: hostname, name: 'Signet', origin };
}

/** @throws DomainError INVALID_TRANSITION */
export function requireParty(party: RelyingParty | undefined): RelyingParty {
  if (party === undefined) throw new DomainError('INVALID_TRANSITION', { reason: 'NO_DOMAIN' });
  return party;
}
