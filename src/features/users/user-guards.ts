import { ROLES, rolesWithImplied, type Role } from '../../kernel/actor.js';
import { isSelf } from '../../kernel/callers.js';
import { DomainError } from '../../kernel/errors.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import { selectActiveAdministrators } from './user-table.js';
import type { User } from './user.js';

/**
 * Nobody acts on a user who holds a role that he himself lacks. The actor's roles are read anew: they may have been withdrawn
 * since the request began.
 * @throws DomainError FORBIDDEN, or UNAUTHENTICATED without a sign-in
 */
export async function requireRoles(scope: Scope, roles: readonly Role[]): Promise<void> {
  const own = await rolesOfActor(scope);
  if (roles.some((role) => !own.has(role))) throw new DomainError('FORBIDDEN');
}

/**
 * Codes and links for a new password go to a user's addresses: an operator who could choose those of another one could become
 * him, and approve what he himself has ordered. Only administrators do that.
 * @throws DomainError FORBIDDEN
 */
export async function requireAuthorityOverAddress(scope: Scope, user: User): Promise<void> {
  if (user.roles.includes('OPERATOR') && !isSelf(scope, user.id))
    await requireRoles(scope, ['ADMIN']);
}

/**
 * Keeps at least one active administrator. Whether one of those who stay could still get in is judged by those who listen to
 * `administratorChanged`, going by the access rules. Two changes at once wait for each other, so that two administrators cannot
 * withdraw each other's role.
 * @throws DomainError CONFLICT where `user` is the last
 */
export async function requireAnotherAdministrator(scope: ChangeScope, user: User): Promise<void> {
  if (!isActiveAdministrator(user)) return;
  await scope.sql(
    'users.serialize-administrators',
    `SELECT pg_advisory_xact_lock(hashtextextended('signet/administrators', 0))`,
    [],
  );
  const administrators = await selectActiveAdministrators(scope);
  if (!administrators.some(({ id }) => id !== user.id)) {
    throw new DomainError('CONFLICT', { reason: 'LAST_ADMINISTRATOR' });
  }
}

export function isActiveAdministrator({ state, roles }: User): boolean {
  return state === 'ACTIVE' && roles.includes('ADMIN');
}

/** An application that knew a user's password could act as that user. @throws DomainError FORBIDDEN */
export function refuseClient({ actor }: Scope): void {
  if (actor.kind === 'client') throw new DomainError('FORBIDDEN', { reason: 'PASSWORD_BY_CLIENT' });
}

async function rolesOfActor(scope: Scope): Promise<ReadonlySet<Role>> {
  const { actor } = scope;
  switch (actor.kind) {
    case 'system':
      return new Set(ROLES);
    case 'client':
      return new Set(['USER']);
    case 'anonymous':
      throw new DomainError('UNAUTHENTICATED');
    case 'user': {
      const [user] = await scope.sql<{ roles: Role[] }>(
        'users.roles-of-actor',
        `SELECT roles FROM app_user WHERE id = $1 AND state = 'ACTIVE'`,
        [actor.userId],
      );
      if (user === undefined) throw new DomainError('FORBIDDEN');
      return rolesWithImplied(user.roles);
    }
  }
}
