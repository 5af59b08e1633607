import type { Actor, Evidence, Role } from '../../../kernel/actor.js';
import type { Scope } from '../../../platform/scope.js';
import type { CallerKind } from './rule.js';

/** All that a decision depends on beside the rules. */
export interface Facts {
  readonly caller: CallerKind;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly address: string;
  readonly now: Date;
  readonly scopes: readonly string[];
  readonly evidence: readonly Evidence[];
  /** Whether the operation changes something: what only reads is no right to that. */
  readonly isChange: boolean;
  /** Credentials that are being provisioned, replaced or recovered: they prove nothing here. */
  readonly excludedCredentials?: readonly string[];
}

const CALLER_KIND = { anonymous: 'ANONYMOUS', user: 'USER', client: 'API_CLIENT' } as const;

/** What the scope says of itself; Signet's own doings are not judged. */
export function factsOf(scope: Scope, actor: Exclude<Actor, { kind: 'system' }>): Facts {
  const person =
    actor.kind === 'user' ? actor : { roles: [], groups: [], evidence: shownBy(actor) };
  const { roles, groups, evidence } = person;
  return {
    caller: CALLER_KIND[actor.kind],
    roles,
    groups,
    evidence,
    address: scope.request.address,
    now: scope.now,
    scopes: actor.kind === 'client' ? actor.scopes : [],
    isChange: false,
  };
}

/** An access token is itself a proof: of an application, given when it got the token. */
function shownBy(actor: Exclude<Actor, { kind: 'system' | 'user' }>): readonly Evidence[] {
  if (actor.kind === 'anonymous') return [];
  const { apiClientId: credential, tokenIssuedAt: at } = actor;
  return [{ method: 'CLIENT_CREDENTIALS', provider: null, credential, at }];
}
