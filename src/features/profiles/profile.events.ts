import type { ProfileId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';

/** These mobile IDs, or their keys, can no longer be used: revoked, suspended or run out. */
export const profilesEnded = eventType<{ readonly profileIds: readonly ProfileId[] }>(
  'profile.ended',
);
