import type { ChangeScope } from '../../platform/scope.js';
import { userAddressChanged, userGroupsChanged } from './user.events.js';
import type { User } from './user.js';

const NAMES = ['displayName', 'email', 'phone', 'groups'] as const;

/** The fields in which the two differ. */
export function changedNames(before: User, after: User): (typeof NAMES)[number][] {
  return NAMES.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

/** Tells the higher slices what they have to draw from a change of what is known of a user. */
export async function raiseDifferences(
  scope: ChangeScope,
  before: User,
  after: User,
): Promise<void> {
  const { id: userId } = after;
  for (const what of changedNames(before, after)) {
    if (what === 'groups') await scope.raise(userGroupsChanged, { userId });
    else if (what !== 'displayName') await scope.raise(userAddressChanged, { userId, what });
  }
}
