import type { ProfileId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';
import type { ProfileState } from './profile-state.js';

/** These mobile IDs, or their keys, can no longer be used: revoked, suspended or run out. */
export const profilesEnded = eventType<{ readonly profileIds: readonly ProfileId[] }>(
  'profile.ended',
);

/** These mobile IDs have come into another state. Their rows are locked. */
export const profilesMoved = eventType<{
  readonly profileIds: readonly ProfileId[];
  readonly to: ProfileState;
}>('profile.moved');
