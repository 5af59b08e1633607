import fc from 'fast-check';
import { judge } from '../../../../src/features/access/judge/judge.js';
import * as any from './arbitraries.js';
import { missingOf, oracle } from './oracle.js';
import { runs } from './property-runs.js';

const PARTS = 5;
const RULE_SETS = 5000;
/** Calls that each set of rules is asked about: 5 × 5,000 × 4 = 100,000 cases. */
const CALLS = 4;

const calls = fc.array(fc.record({ resource: any.resource, facts: any.facts }), {
  minLength: CALLS,
  maxLength: CALLS,
});

test.each(Array.from({ length: PARTS }, (_, i) => `${String(i + 1)} of ${String(PARTS)}`))(
  'the judge and the oracle agree on outcome and missing clauses, part %s',
  () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(any.rules, calls, (rules, asked) => {
        const judged = asked.map(({ resource, facts }) => {
          const decision = judge(rules, resource, facts);
          seen.add(`${facts.caller} ${decision.outcome}`);
          return { outcome: decision.outcome, missing: missingOf(decision) };
        });
        expect(judged).toEqual(asked.map(({ resource, facts }) => oracle(rules, resource, facts)));
      }),
      runs(RULE_SETS),
    );
    expect([...seen].sort()).toEqual([
      'ANONYMOUS ALLOWED',
      'ANONYMOUS FORBIDDEN',
      'ANONYMOUS SIGN_IN_REQUIRED',
      'API_CLIENT ALLOWED',
      'API_CLIENT FORBIDDEN',
      'USER ALLOWED',
      'USER FORBIDDEN',
      'USER STEP_UP_REQUIRED',
    ]);
  },
);
