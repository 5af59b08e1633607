import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../../../kernel/errors.js';
import { newId, parseId, type RuleId } from '../../../kernel/ids.js';
import { announce } from '../../../platform/event-bus/event-bus.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import { AccessRuleHistory } from './access-rule-history.service.js';
import { AccessRuleEntity } from './access-rule.entity.js';
import { accessRuleChanged, type RuleChange } from './access-rule.events.js';
import { DEFAULT_RULES, DEFAULTS_GENERATION } from './default-rules.js';
import { upgradeFrom } from './defaults-upgrade.js';
import {
  someoneGetsIn,
  withCredentials,
  type Administrator,
  type CredentialSource,
  type PossibleProof,
} from './lock-out.js';
import {
  parsePatch,
  parseRule,
  refusedFields,
  type RuleInput,
  type RulePatch,
} from './rule-input.js';
import { senseProblems, type FieldProblem, type World } from './rule-sense.js';
import { draftOf, type AccessRule, type RuleDraft } from '../judge/rule.js';

export type { CredentialSource, PossibleProof };

/** What the keeping of rules needs to know of higher slices. */
export interface RulePorts {
  /** Who may act as administrator, as the transaction of the scope leaves it. */
  readonly administrators: (scope: Scope) => Promise<readonly Administrator[]>;
  /** What administrators could prove, each method for itself. */
  readonly credentials: readonly CredentialSource[];
  readonly resources: World['resources'];
  /** Whether there is an identity provider of this name. */
  readonly providerExists: (scope: Scope, name: string) => Promise<boolean>;
}

const POLICY_ROW = 1;

/** Keeps the access rules. Every change holds on all instances from its commit on. */
export class AccessRuleService {
  readonly history = new AccessRuleHistory();

  constructor(private readonly ports: RulePorts) {}

  /** In rule order: as they were written. */
  async list(scope: Scope): Promise<AccessRule[]> {
    const rows = await scope.db.find(AccessRuleEntity, { order: { position: 'ASC' } });
    return rows.map(toRule);
  }

  /** @throws DomainError INVALID_INPUT; CONFLICT where no administrator could get in any more */
  async create(scope: ChangeScope, input: RuleInput): Promise<AccessRule> {
    const draft = parseRule(input);
    refuse(await this.problemsOf(scope, draft));
    await this.lockPolicy(scope);
    const rule = await this.insert(scope, draft);
    await this.finishChange(scope);
    return rule;
  }

  /**
   * What changes nothing leaves no trace. What a rule says already need not make sense any more, so that a rule about something
   * that is gone can still be switched off.
   * @throws DomainError INVALID_INPUT; NOT_FOUND; CONFLICT where no administrator could get in any more
   */
  async update(scope: ChangeScope, id: string, patch: RulePatch): Promise<AccessRule> {
    await this.lockPolicy(scope);
    const current = await this.find(scope, id);
    const draft = parsePatch(current, patch);
    if (isDeepStrictEqual(draft, draftOf(current))) return current;
    const known = await this.problemsOf(scope, draftOf(current));
    const problems = await this.problemsOf(scope, draft);
    refuse(problems.filter((problem) => !known.some((old) => isDeepStrictEqual(old, problem))));
    const rule = await this.rewrite(scope, { ...draft, id: current.id, updatedAt: scope.now });
    await this.finishChange(scope);
    return rule;
  }

  /** @throws DomainError NOT_FOUND; CONFLICT where no administrator could get in any more */
  async delete(scope: ChangeScope, id: string): Promise<void> {
    await this.lockPolicy(scope);
    await this.remove(scope, await this.find(scope, id));
    await this.finishChange(scope);
  }

  /**
   * Writes the default rules at the very first start. Later, at the first start of a release with other default rules, brings up
   * those that nobody has touched, and adds those that are new. Does nothing ever after.
   */
  async seedDefaults(scope: ChangeScope): Promise<void> {
    const first = await this.beginPolicy(scope);
    const [policy] = await this.lockPolicy(scope);
    const generation = policy?.defaults ?? 0;
    if (!first && generation >= DEFAULTS_GENERATION) return;
    const { changed, added } = first
      ? { changed: [], added: DEFAULT_RULES }
      : upgradeFrom(generation, await this.list(scope), scope.now);
    for (const rule of changed) await this.rewrite(scope, rule);
    for (const draft of added) await this.insert(scope, draft);
    await this.renew(scope);
  }

  /** The way back in, for Signet's own console: the default rules, and no others. */
  async reset(scope: ChangeScope): Promise<void> {
    await this.beginPolicy(scope);
    await this.lockPolicy(scope);
    const present = await this.list(scope);
    const isDefault = (rule: AccessRule): boolean =>
      DEFAULT_RULES.some((draft) => isDeepStrictEqual(draft, draftOf(rule)));
    const kept = present.filter(isDefault);
    for (const rule of present) if (!kept.includes(rule)) await this.remove(scope, rule);
    for (const draft of DEFAULT_RULES) {
      if (!kept.some(({ name }) => name === draft.name)) await this.insert(scope, draft);
    }
    await this.renew(scope);
  }

  /**
   * For every change that may take the last administrator's way in: of rules, users, roles and methods. Call it after the
   * change, in the same transaction; it puts such changes in a row.
   * @throws DomainError CONFLICT where no administrator could get in any more from the caller's address
   */
  async requireAdministrator(scope: ChangeScope): Promise<void> {
    await this.lockPolicy(scope);
    const rules = await this.list(scope);
    const { administrators, credentials } = this.ports;
    const people = await withCredentials(scope, await administrators(scope), credentials);
    if (!someoneGetsIn(rules, people, scope.request.address, scope.now)) {
      throw new DomainError('CONFLICT', { reason: 'NO_ADMINISTRATOR_GETS_IN' });
    }
  }

  /** @returns whether there was none */
  private async beginPolicy(scope: ChangeScope): Promise<boolean> {
    const rows = await scope.sql(
      'access-rule.begin-policy',
      `INSERT INTO access_policy (id, version, defaults) VALUES ($1, gen_random_uuid(), $2)
       ON CONFLICT DO NOTHING RETURNING id`,
      [POLICY_ROW, DEFAULTS_GENERATION],
    );
    return rows.length > 0;
  }

  /** Puts changes in a row, so that what is read after it is the latest. */
  private lockPolicy(scope: ChangeScope): Promise<{ defaults: number }[]> {
    return scope.sql(
      'access-rule.lock',
      'SELECT defaults FROM access_policy WHERE id = $1 FOR UPDATE',
      [POLICY_ROW],
    );
  }

  private async finishChange(scope: ChangeScope): Promise<void> {
    await this.requireAdministrator(scope);
    await this.renew(scope);
  }

  /** Every instance reads the rules anew once this is committed. */
  private async renew(scope: ChangeScope): Promise<void> {
    await scope.sql(
      'access-rule.new-version',
      'UPDATE access_policy SET version = gen_random_uuid(), defaults = $2 WHERE id = $1',
      [POLICY_ROW, DEFAULTS_GENERATION],
    );
    await announce(scope, 'access-policy');
  }

  private async insert(scope: ChangeScope, draft: RuleDraft): Promise<AccessRule> {
    const rule = { ...draft, id: newId<RuleId>(), updatedAt: scope.now };
    const last = await scope.db.maximum(AccessRuleEntity, 'position');
    await scope.db.insert(AccessRuleEntity, { ...toRow(rule), position: (last ?? 0) + 1 });
    return this.written(scope, rule, 'CREATED');
  }

  private async rewrite(scope: ChangeScope, rule: AccessRule): Promise<AccessRule> {
    await scope.db.update(AccessRuleEntity, { id: rule.id }, toRow(rule));
    return this.written(scope, rule, 'UPDATED');
  }

  private async remove(scope: ChangeScope, rule: AccessRule): Promise<void> {
    await scope.db.delete(AccessRuleEntity, { id: rule.id });
    await this.written(scope, rule, 'DELETED');
  }

  private async written(
    scope: ChangeScope,
    rule: AccessRule,
    change: RuleChange,
  ): Promise<AccessRule> {
    await this.history.record(scope, rule, change);
    await scope.raise(accessRuleChanged, { ruleId: rule.id, name: rule.name, change });
    return rule;
  }

  private async problemsOf(scope: Scope, draft: RuleDraft): Promise<FieldProblem[]> {
    const { resources, providerExists } = this.ports;
    const providers = new Set<string>();
    for (const name of providersIn(draft)) {
      if (await providerExists(scope, name)) providers.add(name);
    }
    return senseProblems(draft, { resources, providers });
  }

  private async find(scope: Scope, id: string): Promise<AccessRule> {
    const ruleId = parseId<RuleId>(id);
    const row =
      ruleId === undefined ? null : await scope.db.findOneBy(AccessRuleEntity, { id: ruleId });
    if (row === null) throw new DomainError('NOT_FOUND');
    return toRule(row);
  }
}

function toRule({ conditions, requirement, ...row }: AccessRuleEntity): AccessRule {
  const { id, name, description, enabled, effect, resources, updatedAt } = row;
  const own = { id, name, description, enabled, effect, resources, updatedAt };
  return { ...own, when: conditions, require: requirement };
}

function toRow({ when, require, ...rule }: AccessRule): Omit<AccessRuleEntity, 'position'> {
  return { ...rule, conditions: when, requirement: require };
}

function providersIn({ require }: RuleDraft): Set<string> {
  const named = require.flatMap(({ anyOf }) => anyOf.map(({ provider }) => provider));
  return new Set(named.filter((name) => name !== null));
}

function refuse(problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw refusedFields(problems);
}
