import { isDeepStrictEqual } from 'node:util';
import { speaksOf } from './conditions.js';
import { DEFAULT_RULES } from './default-rules.js';
import { FIRST_DEFAULTS } from './earlier-defaults.js';
import { draftOf, type AccessRule, type RuleDraft } from './rule.js';

/** What a start of this release does to the rules that an earlier one has left. */
export interface Upgrade {
  readonly changed: readonly AccessRule[];
  readonly added: readonly RuleDraft[];
}

/** Default rules that nobody has touched become those of this release; those that are new are added where nobody has ruled yet. */
export function upgradeFromFirst(present: readonly AccessRule[], now: Date): Upgrade {
  const earlier = new Set(FIRST_DEFAULTS.map(({ name }) => name));
  return {
    changed: present.flatMap((rule) => {
      const next = successorOf(rule);
      return next === undefined ? [] : [{ ...next, id: rule.id, updatedAt: now }];
    }),
    added: DEFAULT_RULES.filter(
      (rule) => !earlier.has(rule.name) && !present.some((one) => rulesFor(one, rule)),
    ),
  };
}

function successorOf(rule: AccessRule): RuleDraft | undefined {
  const isUntouched = FIRST_DEFAULTS.some((draft) => isDeepStrictEqual(draft, draftOf(rule)));
  return isUntouched ? DEFAULT_RULES.find(({ name }) => name === rule.name) : undefined;
}

/** Whether an administrator has already let such callers in to one of the resources, on his own terms. */
function rulesFor(
  { effect, resources, when }: AccessRule,
  { resources: its, when: whose }: RuleDraft,
): boolean {
  return (
    effect === 'ALLOW' &&
    resources.some((path) => its.includes(path)) &&
    whose.callers.some((caller) => speaksOf(when.callers, caller))
  );
}
