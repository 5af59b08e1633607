import type { ApiScope } from '../../kernel/api-scopes.js';
import type { ApiClientId, ProjectId } from '../../kernel/ids.js';

/** A public key of the client, with nothing in it but what is needed to verify. */
export type PublicJwk = Readonly<Record<string, string>>;
export interface PublicJwks {
  readonly keys: readonly PublicJwk[];
}

/** A trusted application. With keys it proves itself by `private_key_jwt`, and by nothing else; without, by its secret. */
export interface ApiClient {
  readonly id: ApiClientId;
  /** Its name at the token endpoint: public, random, never used again. */
  readonly clientId: string;
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  /** Empty: all projects. */
  readonly projectIds: readonly ProjectId[];
  readonly jwks: PublicJwks | null;
  readonly enabled: boolean;
  readonly createdAt: Date;
  /** When it last got a token; noted once a minute at most. */
  readonly lastUsedAt: Date | null;
}

/** What an access token says, once its signature and its dates are known to be right. */
export interface ClientToken {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Tokens of an earlier generation than the client's own no longer count. */
  readonly generation: number;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}
