import type { SessionId, UserId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';

/** `awaitsPassword`: he has none yet, and is to set one himself. */
export const userCreated = eventType<{
  readonly userId: UserId;
  readonly awaitsPassword: boolean;
}>('user.created');

/** What was proven with the old password, or sent while it stood, counts no longer. */
export const passwordChanged = eventType<{
  readonly userId: UserId;
  /** The session in which it was changed, if any. */
  readonly keptSession: SessionId | null;
}>('user.password-changed');

/** The user may sign in and order again. */
export const userActivated = eventType<{ readonly userId: UserId }>('user.activated');

/** The user may do nothing until activated again. */
export const userDeactivated = eventType<{ readonly userId: UserId }>('user.deactivated');

/** Final: nothing that the user holds may stay valid. */
export const userLocked = eventType<{ readonly userId: UserId; readonly reason: string }>(
  'user.locked',
);

/** A proof by the old address says nothing about the new one. */
export const userAddressChanged = eventType<{
  readonly userId: UserId;
  readonly what: 'email' | 'phone';
}>('user.address-changed');

/** Access rules may speak of groups. */
export const userGroupsChanged = eventType<{ readonly userId: UserId }>('user.groups-changed');

export const userRolesChanged = eventType<{ readonly userId: UserId }>('user.roles-changed');

/** What lets an active administrator in has changed: state, roles, groups or addresses. */
export const administratorChanged = eventType<{ readonly userId: UserId }>(
  'user.administrator-changed',
);
