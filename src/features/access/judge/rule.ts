import type { AuthenticationMethod, Role } from '../../../kernel/actor.js';
import type { RuleId } from '../../../kernel/ids.js';
import type { TimeWindow } from './time-window.js';

export const ACCESS_EFFECTS = ['ALLOW', 'DENY'] as const;
export type AccessEffect = (typeof ACCESS_EFFECTS)[number];

export const CALLER_KINDS = ['ANONYMOUS', 'USER', 'API_CLIENT'] as const;
export type CallerKind = (typeof CALLER_KINDS)[number];

/** One way to meet a clause. `maxAgeSeconds` null: evidence of any age will do. */
export interface Requirement {
  readonly method: AuthenticationMethod;
  readonly provider: string | null;
  readonly maxAgeSeconds: number | null;
}

/** Met by any one of its requirements; without any, by nothing. */
export interface Clause {
  readonly anyOf: readonly Requirement[];
}

/** Every condition that is not empty must hold; inside one, any entry will do, of `scopes` all, of `notGroups` none. */
export interface Conditions {
  readonly callers: readonly CallerKind[];
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly notGroups: readonly string[];
  readonly networks: readonly string[];
  readonly windows: readonly TimeWindow[];
  readonly scopes: readonly string[];
}

/** What an administrator writes down. */
export interface RuleDraft {
  readonly name: string;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly effect: AccessEffect;
  readonly resources: readonly string[];
  readonly when: Conditions;
  readonly require: readonly Clause[];
}

/** What the judge has to know of a rule. */
export type Rule = Pick<RuleDraft, 'enabled' | 'effect' | 'resources' | 'when' | 'require'>;

/** A rule as it is stored and shown. */
export interface AccessRule extends RuleDraft {
  readonly id: RuleId;
  readonly updatedAt: Date;
}

export const NO_CONDITIONS: Conditions = {
  callers: ['USER'],
  roles: [],
  groups: [],
  notGroups: [],
  networks: [],
  windows: [],
  scopes: [],
};

/** What the rule says, without what the database adds. */
export function draftOf(rule: AccessRule): RuleDraft {
  const { name, description, enabled, effect, resources, when, require } = rule;
  return { name, description, enabled, effect, resources, when, require };
}
