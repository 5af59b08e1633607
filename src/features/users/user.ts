import type { Role } from '../../kernel/actor.js';
import type { UserId } from '../../kernel/ids.js';
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
  readonly groups?: readonly string[] | null;
  /** ACTIVE, if left out. */
  readonly state?: UserState;
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
