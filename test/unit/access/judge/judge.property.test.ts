import fc from 'fast-check';
import type { Evidence } from '../../../../src/kernel/actor.js';
import { judge } from '../../../../src/features/access/judge/judge.js';
import { isOpenResource, levelsOf } from '../../../../src/features/access/judge/resource-path.js';
import {
  NO_CONDITIONS,
  type CallerKind,
  type Requirement,
  type Rule,
} from '../../../../src/features/access/judge/rule.js';
import * as any from './arbitraries.js';
import { missingOf, oracle } from './oracle.js';
import { runs } from './property-runs.js';

test('the judge and the oracle agree on any call', () => {
  fc.assert(
    fc.property(any.rules, any.resource, any.facts, (rules, resource, facts) => {
      const decision = judge(rules, resource, facts);
      expect({ outcome: decision.outcome, missing: missingOf(decision) }).toEqual(
        oracle(rules, resource, facts),
      );
    }),
    runs(3000),
  );
});

test('the judge and the oracle agree on time windows, around the clock and across changes of it', () => {
  fc.assert(
    fc.property(any.timeWindow, instant, (window, now) => {
      const rule = allow({ when: { ...NO_CONDITIONS, windows: [window] } });
      const facts = { ...signedIn, now };
      expect(judge([rule], '/a', facts).outcome).toBe(oracle([rule], '/a', facts).outcome);
    }),
    runs(1500),
  );
});

test('more evidence never closes what was open', () => {
  fc.assert(
    fc.property(
      any.rules,
      any.resource,
      any.facts,
      fc.array(any.evidence, { maxLength: 3 }),
      (rules, resource, facts, more) => {
        fc.pre(judge(rules, resource, facts).outcome === 'ALLOWED');
        const better = { ...facts, evidence: [...more, ...facts.evidence] };
        expect(judge(rules, resource, better).outcome).toBe('ALLOWED');
      },
    ),
    runs(1500),
  );
});

test('a DENY that matches wins over every other rule, wherever it stands', () => {
  fc.assert(
    fc.property(any.rules, any.resource, any.facts, fc.nat(), (rules, resource, facts, at) => {
      const levels = levelsOf(resource);
      const deny = {
        ...allow({ resources: [levels[at % levels.length] ?? resource] }),
        effect: 'DENY' as const,
        when: { ...NO_CONDITIONS, callers: [facts.caller] },
      };
      const place = at % (rules.length + 1);
      const all = [...rules.slice(0, place), deny, ...rules.slice(place)];
      expect(judge(all, resource, facts)).toEqual({
        resource,
        outcome: 'FORBIDDEN',
        missing: [],
        validUntil: null,
      });
    }),
    runs(1500),
  );
});

test('one more ALLOW never closes a level that had one', () => {
  fc.assert(
    fc.property(any.rules, any.rule, any.person, fc.nat(), (rules, extra, facts, at) => {
      const resource = '/a/b/c';
      const levels = levelsOf(resource).filter((level) => asks(rules, level, facts.caller));
      fc.pre(levels.length > 0 && judge(rules, resource, facts).outcome === 'ALLOWED');
      const another: Rule = {
        ...extra,
        effect: 'ALLOW',
        resources: [levels[at % levels.length] ?? resource],
      };
      expect(judge([...rules, another], resource, facts).outcome).toBe('ALLOWED');
      expect(judge([another, ...rules], resource, facts).outcome).toBe('ALLOWED');
    }),
    runs(300),
  );
});

test('the judge and the oracle agree on what a person still has to prove', () => {
  let steps = 0;
  fc.assert(
    fc.property(any.demandingRules, any.person, (rules, facts) => {
      const decision = judge(rules, '/a/b/c', facts);
      steps += decision.outcome === 'STEP_UP_REQUIRED' ? 1 : 0;
      expect({ outcome: decision.outcome, missing: missingOf(decision) }).toEqual(
        oracle(rules, '/a/b/c', facts),
      );
    }),
    runs(2000),
  );
  expect(steps).toBeGreaterThan(runs(100).numRuns);
});

test('to prove one entry of each missing clause opens the resource', () => {
  fc.assert(
    fc.property(any.demandingRules, any.person, fc.nat(), (rules, facts, pick) => {
      const { outcome, missing } = judge(rules, '/a/b/c', facts);
      fc.pre(outcome === 'STEP_UP_REQUIRED');
      const proofs = missing.map(({ anyOf }) => prove(anyOf[pick % anyOf.length], facts.now));
      const better = { ...facts, evidence: [...facts.evidence, ...proofs] };
      expect(judge(rules, '/a/b/c', better).outcome).toBe('ALLOWED');
    }),
    runs(500),
  );
});

test('a missing clause that is left out keeps the resource closed', () => {
  fc.assert(
    fc.property(any.demandingRules, any.person, fc.nat(), (rules, facts, pick) => {
      const only = rules.slice(0, 1);
      const { outcome, missing } = judge(only, '/a/b/c', facts);
      fc.pre(outcome === 'STEP_UP_REQUIRED');
      const left = pick % missing.length;
      const methods = missing[left]?.anyOf.map(({ method }) => method) ?? [];
      const proofs = missing
        .filter((_, i) => i !== left)
        .map(({ anyOf }) => prove(anyOf[0], facts.now))
        .filter(({ method }) => !methods.includes(method));
      const better = { ...facts, evidence: [...facts.evidence, ...proofs] };
      expect(judge(only, '/a/b/c', better).outcome).toBe('STEP_UP_REQUIRED');
    }),
    runs(500),
  );
});

test('evidence keeps the resource open exactly until validUntil', () => {
  fc.assert(
    fc.property(any.rules, any.resource, any.facts, (drawn, resource, facts) => {
      const rules = drawn.map((rule) => ({ ...rule, when: { ...rule.when, windows: [] } }));
      const { outcome, validUntil } = judge(rules, resource, facts);
      fc.pre(outcome === 'ALLOWED');
      const later = (now: Date): string => judge(rules, resource, { ...facts, now }).outcome;
      const tomorrow = new Date(facts.now.getTime() + 86_400_000);
      expect(later(validUntil ?? tomorrow)).toBe('ALLOWED');
      const after = validUntil === null ? 'ALLOWED' : later(new Date(validUntil.getTime() + 1));
      expect(after === 'ALLOWED').toBe(validUntil === null);
    }),
    runs(1500),
  );
});

test('missing clauses are told to nobody but a person whom they help', () => {
  fc.assert(
    fc.property(any.rules, any.resource, any.facts, (rules, resource, facts) => {
      const { outcome, missing } = judge(rules, resource, facts);
      expect(missing.length > 0).toBe(outcome === 'STEP_UP_REQUIRED');
      expect(outcome === 'STEP_UP_REQUIRED' && facts.caller !== 'USER').toBe(false);
    }),
    runs(1500),
  );
});

test('without an ALLOW only the open resources are open', () => {
  fc.assert(
    fc.property(any.rules, any.resource, any.facts, (rules, resource, facts) => {
      const denying = rules.filter(({ effect }) => effect === 'DENY');
      const { outcome } = judge(denying, resource, facts);
      expect(outcome === 'ALLOWED' && !isOpenResource(resource)).toBe(false);
    }),
    runs(1000),
  );
});

const instant = fc
  .integer({
    min: Date.parse('2026-01-01T00:00Z') / 60_000,
    max: Date.parse('2027-01-01T00:00Z') / 60_000,
  })
  .map((minutes) => new Date(minutes * 60_000));

const signedIn = {
  caller: 'USER' as const,
  roles: [],
  groups: [],
  address: '10.1.2.3',
  now: any.NOW,
  scopes: [],
  evidence: [],
  isChange: false,
};

function allow(rule: Partial<Rule>): Rule {
  return {
    enabled: true,
    effect: 'ALLOW',
    resources: ['/a'],
    when: NO_CONDITIONS,
    require: [],
    ...rule,
  };
}

function prove(requirement: Requirement | undefined, at: Date): Evidence {
  if (requirement === undefined) throw new Error('An empty clause cannot be met.');
  return { ...requirement, credential: 'new', at };
}

function asks(rules: readonly Rule[], level: string, caller: CallerKind): boolean {
  return rules.some(
    ({ enabled, effect, resources, when: { callers } }) =>
      enabled &&
      effect === 'ALLOW' &&
      resources.includes(level) &&
      (callers.length === 0 || callers.includes(caller)),
  );
}
