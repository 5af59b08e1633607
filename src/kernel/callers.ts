import type { Actor, UserActor } from './actor.js';
import { DomainError } from './errors.js';
import type { UserId } from './ids.js';

/** Whoever acts in a call: a scope, or a request. */
interface Call {
  readonly actor: Actor;
}

/** The user in whose session the call is made. @throws DomainError UNAUTHENTICATED where there is none */
export function requireUser({ actor }: Call): UserActor {
  if (actor.kind !== 'user') throw new DomainError('UNAUTHENTICATED');
  return actor;
}

export function isSelf({ actor }: Call, userId: UserId): boolean {
  return actor.kind === 'user' && actor.userId === userId;
}

/** @throws DomainError FORBIDDEN with `reason` OWN_ACCOUNT */
export function refuseSelf(call: Call, userId: UserId): void {
  if (isSelf(call, userId)) throw new DomainError('FORBIDDEN', { reason: 'OWN_ACCOUNT' });
}
