import { DomainError } from '../../kernel/errors.js';
import { newId, parseId, type RuleId } from '../../kernel/ids.js';
import { announce } from '../../platform/event-bus.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import { AccessRuleEntity } from './access-rule.entity.js';
import { accessRuleChanged, type AccessRuleChanged } from './access-rule.events.js';
import { DEFAULT_RULES } from './default-rules.js';
import { someoneGetsIn, type PossibleAdministrator } from './lock-out.js';
import { parsePatch, parseRule, type RuleInput, type RulePatch } from './rule-input.js';
import type { AccessRule, RuleDraft } from './rule.js';

/** Who may act as administrator, as the transaction of the scope leaves it. */
export type { PossibleAdministrator };
export type Administrators = (scope: ChangeScope) => Promise<readonly PossibleAdministrator[]>;

const POLICY_ROW = 1;

/** Keeps the access rules. Every change holds on all instances from its commit on. */
export class AccessRuleService {
  constructor(private readonly administrators: Administrators) {}

  /** In rule order: as they were written. */
  async list(scope: Scope): Promise<AccessRule[]> {
    const rows = await scope.db.find(AccessRuleEntity, { order: { position: 'ASC' } });
    return rows.map(toRule);
  }

  /** @throws DomainError INVALID_INPUT; CONFLICT where no administrator could get in any more */
  async create(scope: ChangeScope, input: RuleInput): Promise<AccessRule> {
    const draft = parseRule(input);
    await this.beginChange(scope);
    const rule = await this.insert(scope, draft);
    await this.finishChange(scope, rule, 'created');
    return rule;
  }

  /** @throws DomainError INVALID_INPUT; NOT_FOUND; CONFLICT where no administrator could get in any more */
  async update(scope: ChangeScope, id: string, patch: RulePatch): Promise<AccessRule> {
    await this.beginChange(scope);
    const current = await this.find(scope, id);
    const draft = parsePatch(current, patch);
    const rule = { ...draft, id: current.id, updatedAt: scope.now };
    await scope.db.update(AccessRuleEntity, { id: rule.id }, toRow(rule));
    await this.finishChange(scope, rule, 'updated');
    return rule;
  }

  /** @throws DomainError NOT_FOUND; CONFLICT where no administrator could get in any more */
  async delete(scope: ChangeScope, id: string): Promise<void> {
    await this.beginChange(scope);
    const rule = await this.find(scope, id);
    await scope.db.delete(AccessRuleEntity, { id: rule.id });
    await this.finishChange(scope, rule, 'deleted');
  }

  /** Writes the default rules at the very first start, and does nothing ever after. */
  async seedDefaults(scope: ChangeScope): Promise<void> {
    const first = await scope.sql(
      'access-rule.begin-policy',
      `INSERT INTO access_policy (id, version) VALUES ($1, gen_random_uuid())
       ON CONFLICT DO NOTHING RETURNING id`,
      [POLICY_ROW],
    );
    if (first.length === 0) return;
    for (const draft of DEFAULT_RULES) {
      const rule = await this.insert(scope, draft);
      await this.tell(scope, rule, 'created');
    }
  }

  /**
   * For every change that may take the last administrator's way in: of rules, users, roles and methods. Call it after the
   * change, in the same transaction; it puts such changes in a row.
   * @throws DomainError CONFLICT where no administrator could get in any more from the caller's address
   */
  async requireAdministrator(scope: ChangeScope): Promise<void> {
    await scope.sql('access-rule.lock', 'SELECT id FROM access_policy WHERE id = $1 FOR UPDATE', [
      POLICY_ROW,
    ]);
    const [rules, administrators] = [await this.list(scope), await this.administrators(scope)];
    if (!someoneGetsIn(rules, administrators, scope.request.address, scope.now)) {
      throw new DomainError('CONFLICT', { reason: 'NO_ADMINISTRATOR_GETS_IN' });
    }
  }

  /** Takes the policy's lock first, so that what is read after it is the latest. */
  private async beginChange(scope: ChangeScope): Promise<void> {
    await scope.sql(
      'access-rule.new-version',
      'UPDATE access_policy SET version = gen_random_uuid() WHERE id = $1',
      [POLICY_ROW],
    );
  }

  private async finishChange(
    scope: ChangeScope,
    rule: AccessRule,
    change: AccessRuleChanged['change'],
  ): Promise<void> {
    await this.requireAdministrator(scope);
    await this.tell(scope, rule, change);
    await announce(scope, 'access-policy');
  }

  private tell(
    scope: ChangeScope,
    { id, name }: AccessRule,
    change: AccessRuleChanged['change'],
  ): Promise<void> {
    return scope.raise(accessRuleChanged, { ruleId: id, name, change });
  }

  private async insert(scope: ChangeScope, draft: RuleDraft): Promise<AccessRule> {
    const rule = { ...draft, id: newId<RuleId>(), updatedAt: scope.now };
    const last = await scope.db.maximum(AccessRuleEntity, 'position');
    await scope.db.insert(AccessRuleEntity, { ...toRow(rule), position: (last ?? 0) + 1 });
    return rule;
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
