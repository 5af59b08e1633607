import { isDeepStrictEqual } from 'node:util';
import { speaksOf } from '../judge/conditions.js';
import { DEFAULT_RULES } from './default-rules.js';
import { EARLIER_DEFAULTS } from './earlier-defaults.js';
import { draftOf, type AccessRule, type RuleDraft } from '../judge/rule.js';

/** What a start of this release does to the rules that an earlier one has left. */
export interface Upgrade {
  readonly changed: readonly AccessRule[];
  readonly added: readonly RuleDraft[];
}

/**
 * Default rules that nobody has touched become those of this release; those that are new are added where nobody has ruled yet.
 * @param generation of the defaults that were written, or brought up, last
 */
export function upgradeFrom(
  generation: number,
  present: readonly AccessRule[],
  now: Date,
): Upgrade {
  const earlier = EARLIER_DEFAULTS[generation] ?? [];
  const names = new Set(earlier.map(({ name }) => name));
  return {
    changed: present.flatMap((rule) => {
      const next = successorOf(rule, earlier);
      return next === undefined ? [] : [{ ...next, id: rule.id, updatedAt: now }];
    }),
    added: DEFAULT_RULES.filter(
      (rule) => !names.has(rule.name) && !present.some((one) => rulesFor(one, rule)),
    ),
  };
}

/** What an untouched rule says from now on; undefined where that is nothing else. */
function successorOf(rule: AccessRule, earlier: readonly RuleDraft[]): RuleDraft | undefined {
  const draft = draftOf(rule);
  if (!earlier.some((one) => isDeepStrictEqual(one, draft))) return undefined;
  const next = DEFAULT_RULES.find(({ name }) => name === rule.name);
  return isDeepStrictEqual(next, draft) ? undefined : next;
}

/**
 * Whether an administrator has already let such callers in to one of the resources, on his own terms. What a scope opens says
 * nothing of API clients that have another one.
 */
function rulesFor(
  { effect, resources, when }: AccessRule,
  { resources: its, when: whose }: RuleDraft,
): boolean {
  return (
    effect === 'ALLOW' &&
    resources.some((path) => its.includes(path)) &&
    whose.callers.some((caller) => speaksOf(when.callers, caller)) &&
    (whose.scopes.length === 0 || when.scopes.some((scope) => whose.scopes.includes(scope)))
  );
}
