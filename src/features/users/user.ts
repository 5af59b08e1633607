import type { Role } from '../../kernel/actor.js';
import type { SessionId, UserId } from '../../kernel/ids.js';
import { comparisonKey } from '../../kernel/text.js';

export const USER_STATES = ['REGISTERED', 'ACTIVE', 'INACTIVE', 'LOCKED'] as const;
export type UserState = (typeof USER_STATES)[number];

/** What a state can become. LOCKED is final. */
export const NEXT_STATES: Readonly<Record<UserState, readonly UserState[]>> = {
  REGISTERED: ['ACTIVE', 'INACTIVE', 'LOCKED'],
  ACTIVE: ['INACTIVE', 'LOCKED'],
  INACTIVE: ['ACTIVE', 'LOCKED'],
  LOCKED: [],
};

export interface User {
  readonly id: UserId;
  /** The host system's own key for this user. */
  readonly externalId: string | null;
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  /** E.164. */
  readonly phone: string | null;
  readonly state: UserState;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly createdAt: Date;
}

/** For sign-in only: no resolver hands it out. */
export type UserWithPassword = User & { readonly passwordHash: string | null };

/** An active user with role ADMIN. */
export type Administrator = Pick<User, 'id' | 'roles' | 'groups'>;

/** What others may know of a user. */
export type UserSummary = Pick<User, 'id' | 'username' | 'displayName'>;

export interface NewUser {
  readonly externalId?: string | null;
  readonly username: string;
  readonly displayName: string;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly password?: string | null;
  /** Whether he is to set a password himself, where he is given none. If left out: unless Signet itself adds him, say on an identity provider's word. */
  readonly invite?: boolean | null;
  readonly groups?: readonly string[] | null;
  /** ACTIVE, if left out. */
  readonly state?: UserState;
}

/** A password that takes the place of another, or is the first. */
export interface NewPassword {
  readonly hash: string;
  /** Of the password that it replaces, where the change depends on it. */
  readonly expected?: string;
  /** The session that goes on. */
  readonly keptSession: SessionId | null;
}

/** Absent fields stay as they are; null clears. */
export interface UserChanges {
  readonly displayName?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly groups?: readonly string[] | null;
}

/** The name as it is compared: what looks the same to a reader is the same user. */
export const usernameKey = comparisonKey;
