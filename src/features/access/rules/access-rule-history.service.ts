import { actorIdOf, nameOfActor } from '../../../kernel/actor.js';
import type { RuleId } from '../../../kernel/ids.js';
import { loaderOf } from '../../../platform/loaders.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AccessRuleVersionEntity } from './access-rule-version.entity.js';
import type { RuleChange } from './access-rule.events.js';
import { draftOf, type AccessRule } from '../judge/rule.js';

/** A rule as somebody left it. */
export interface AccessRuleVersion {
  readonly version: number;
  readonly at: Date;
  /** Who it was, as the audit log writes it. */
  readonly actor: string;
  readonly change: RuleChange;
  /** Of a deleted rule: what it last was. */
  readonly rule: PastRule;
}
/** A rule as one of its versions shows it; within its own history it has none, else a query could go round for ever. */
type PastRule = AccessRule & { readonly isWithinHistory: boolean };

type Row = Pick<AccessRuleVersionEntity, 'ruleId' | 'version' | 'at' | 'actor' | 'change' | 'rule'>;

const COLUMNS = 'rule_id AS "ruleId", version, at, actor, change, rule';
const RECORD = `
  INSERT INTO access_rule_version (rule_id, version, at, actor, actor_id, change, rule)
  SELECT $1::uuid, coalesce(max(version), 0) + 1, $2::timestamptz, $3::text, $4::uuid, $5::text, $6::jsonb
    FROM access_rule_version WHERE rule_id = $1`;

/** Every state that each rule has had, also of rules that are gone. */
export class AccessRuleHistory {
  /** In the transaction that changes the rule, which holds the policy's lock. */
  async record(scope: ChangeScope, rule: AccessRule, change: RuleChange): Promise<void> {
    const { actor, now } = scope;
    const values = [nameOfActor(actor), actorIdOf(actor), change, JSON.stringify(draftOf(rule))];
    await scope.sql('access-rule-version.record', RECORD, [rule.id, now, ...values]);
  }

  /** Newest first. The versions of all rules that a request asks for are read together. */
  ofRule(scope: Scope, id: RuleId): Promise<AccessRuleVersion[]> {
    const loader = loaderOf<RuleId, AccessRuleVersion[]>(
      scope.request,
      'access-rule-versions',
      async (ids) => {
        const rows = await scope.sql<Row>(
          'access-rule-version.of-rules',
          `SELECT ${COLUMNS} FROM access_rule_version WHERE rule_id = ANY($1) ORDER BY version DESC`,
          [ids],
        );
        return ids.map((ruleId) =>
          rows.filter((row) => row.ruleId === ruleId).map((row) => toVersion(row, true)),
        );
      },
    );
    return loader.load(id);
  }

  /** The last versions of rules that are gone, the latest deletion first. */
  async deleted(scope: Scope, first: number): Promise<AccessRuleVersion[]> {
    const rows = await scope.sql<Row>(
      'access-rule-version.deleted',
      `SELECT ${COLUMNS} FROM access_rule_version WHERE change = 'DELETED' ORDER BY at DESC, rule_id LIMIT $1`,
      [first],
    );
    return rows.map((row) => toVersion(row, false));
  }
}

function toVersion({ ruleId, rule, ...row }: Row, isWithinHistory: boolean): AccessRuleVersion {
  const { version, at, actor, change } = row;
  return {
    version,
    at,
    actor,
    change,
    rule: { ...rule, id: ruleId, updatedAt: at, isWithinHistory },
  };
}
