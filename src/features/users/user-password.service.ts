import type { UserId } from '../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import {
  holdPasswordHash,
  selectPasswordHash,
  selectPasswordHolders,
  updatePasswordHash,
} from './user-table.js';
import { passwordChanged } from './user.events.js';
import type { NewPassword } from './user.js';
import type { UserService } from './user.service.js';

/** Which password a user has: as a hash, and nothing else. */
export class UserPasswordService {
  constructor(private readonly users: UserService) {}

  /** Those of the users who have one. */
  holders(scope: Scope, ids: readonly UserId[]): Promise<UserId[]> {
    return selectPasswordHolders(scope, ids);
  }

  /** Null where the user has no password. */
  hashOf(scope: Scope, id: UserId): Promise<string | null> {
    return selectPasswordHash(scope, id);
  }

  /** Whether this is still the user's password; then no change of it comes before the transaction's end. */
  hold(scope: ChangeScope, id: UserId, hash: string): Promise<boolean> {
    return holdPasswordHash(scope, id, hash);
  }

  /**
   * Replaces the user's password, with his row locked.
   * @returns false, and changes nothing, where the password is not the expected one any more
   */
  async replace(scope: ChangeScope, id: UserId, password: NewPassword): Promise<boolean> {
    await this.users.getLocked(scope, id);
    if (!(await updatePasswordHash(scope, id, password))) return false;
    await scope.raise(passwordChanged, { userId: id, keptSession: password.keptSession });
    return true;
  }
}
