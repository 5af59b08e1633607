import type { ApiClientId, ProjectId, ScimTokenId } from '../../../kernel/ids.js';

export const DEFAULT_VALIDITY_DAYS = 365;
export const MAX_VALIDITY_DAYS = 730;

/** What is known of a token; it does not hold the token itself. */
export interface ScimToken {
  readonly id: ScimTokenId;
  readonly apiClientId: ApiClientId;
  readonly projectId: ProjectId | null;
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Noted once an hour at most. */
  readonly lastUsedAt: Date | null;
}

export interface NewScimToken {
  readonly scimToken: ScimToken;
  /** Shown this once. */
  readonly token: string;
}

/** What an administrator says of a new one. */
export interface ScimTokenInput {
  /** Id of the client. */
  readonly clientId: string;
  readonly name: string;
  readonly projectId?: string | null | undefined;
  readonly validityDays: number;
}
