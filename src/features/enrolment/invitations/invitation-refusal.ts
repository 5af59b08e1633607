import type { ApiScope } from '../../../kernel/api-scopes.js';
import { DomainError } from '../../../kernel/errors.js';
import type { Scope } from '../../../platform/scope.js';

export const SUPPLYING = '/operator/mobile-id/supply';
const SCOPE: ApiScope = 'enrolment:create';

/**
 * Who lets somebody into a project that invites its members needs two rights, and may not know of the second one. To an API
 * client it is told by the scope that opens it by the default rules.
 */
export function mayNotInvite({ actor }: Scope): DomainError {
  const lacksScope = actor.kind === 'client' && !actor.scopes.includes(SCOPE);
  const right = lacksScope ? `the scope ${SCOPE}` : `a rule for ${SUPPLYING}`;
  const detail = `Whoever is let in here is invited to his mobile ID, which needs ${right}.`;
  return new DomainError('FORBIDDEN', { reason: 'INVITES', resource: SUPPLYING, detail });
}
