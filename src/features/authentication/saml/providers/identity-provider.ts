import type { IdentityProviderId } from '../../../../kernel/ids.js';

/** Which attributes of an assertion say what; `NameID` stands for the subject's own name. */
export interface AttributeMapping {
  readonly username: string;
  readonly email: string | null;
  readonly displayName: string | null;
  readonly groups: string | null;
}

/** What an administrator says about a provider, once it is found to be right. */
export interface IdentityProviderFields {
  readonly label: string;
  /** The provider's name for itself. */
  readonly entityId: string;
  readonly signInUrl: string;
  readonly signOutUrl: string | null;
  /** PEM; any of them may have signed. */
  readonly certificates: readonly string[];
  /** What every answer must say about how the person was authenticated; null: anything. */
  readonly authenticationContext: string | null;
  readonly attributes: AttributeMapping;
  readonly createUsers: boolean;
  readonly acceptUnsolicited: boolean;
  readonly enabled: boolean;
}

export interface IdentityProvider extends IdentityProviderFields {
  readonly id: IdentityProviderId;
  /** In URLs and in rules. */
  readonly name: string;
}

export const NAME_ID = 'NameID';

export const DEFAULT_MAPPING: AttributeMapping = {
  username: NAME_ID,
  email: null,
  displayName: null,
  groups: null,
};

/** Where Signet is found by one provider; the first is also Signet's name there. */
export interface ServiceUrls {
  readonly metadataUrl: string;
  readonly acsUrl: string;
  readonly signOutUrl: string;
}

export function serviceUrls(publicUrl: string, name: string): ServiceUrls {
  const base = `${publicUrl}/saml/${name}`;
  return { metadataUrl: `${base}/metadata`, acsUrl: `${base}/acs`, signOutUrl: `${base}/logout` };
}
