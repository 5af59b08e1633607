import { actorIdOf, nameOfActor } from '../../kernel/actor.js';
import { invalidInput, type ProblemCode } from '../../kernel/errors.js';
import { toPage, type Page, type PageRequest } from '../../kernel/pagination.js';
import { isStorable } from '../../kernel/text.js';
import type { Scope } from '../../platform/scope.js';
import type { AccessRuleChanged } from '../access/rules/access-rule.events.js';
import { AuditEntryEntity } from './audit-entry.entity.js';

type AuditOutcome = 'SUCCESS' | 'REFUSED';

/** What happened; who did it, when and from where is taken from the scope. Never holds a secret. */
export interface AuditRecord {
  /** What was done, such as `access-rule.update`. */
  readonly action: string;
  /** To what, such as `access-rule:ID`. */
  readonly target?: string | undefined;
  readonly detail?: string | undefined;
  readonly outcome?: AuditOutcome;
}

/** An operation that was not carried out. */
export interface Refusal {
  /** What it is called, such as `startEnrolment`. */
  readonly operation: string;
  readonly code: ProblemCode;
  readonly target?: string | undefined;
}

export interface AuditFilter {
  readonly actor?: string | null | undefined;
  readonly target?: string | null | undefined;
}

/** Entries are read by their number alone; a cursor's instant stays empty. */
const NO_INSTANT = '0';
/** Callers name their operations themselves. */
const MAX_ACTION = 100;
const ENTRY_ID = /^\d{1,18}$/;

const RULE_ACTIONS = {
  CREATED: 'access-rule.create',
  UPDATED: 'access-rule.update',
  DELETED: 'access-rule.delete',
} as const satisfies Record<AccessRuleChanged['change'], string>;

/** All but what the database gives itself: number and time. */
export const WRITTEN_ENTRY_COLUMNS = [
  'actor',
  'actor_id',
  'action',
  'target',
  'outcome',
  'address',
  'request_id',
  'detail',
] as const;

const INSERT = `
  INSERT INTO audit_entry (${WRITTEN_ENTRY_COLUMNS.join(', ')})
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;

const INSERT_ALL = `
  INSERT INTO audit_entry (${WRITTEN_ENTRY_COLUMNS.join(', ')})
  SELECT $1, $2, action, target, 'SUCCESS', $3, $4, detail
  FROM unnest($5::text[], $6::text[], $7::text[]) WITH ORDINALITY AS entry (action, target, detail, position) ORDER BY position`;

/** Keeps the audit log: what was changed, and what was refused. */
export class AuditService {
  /** Written in the transaction of the scope: the entry stands if, and only if, the change does. */
  async record(scope: Scope, entry: AuditRecord): Promise<void> {
    const { actor, request } = scope;
    await scope.sql('audit.record', INSERT, [
      nameOfActor(actor),
      actorIdOf(actor),
      entry.action,
      entry.target ?? null,
      entry.outcome ?? 'SUCCESS',
      request.address,
      request.requestId,
      entry.detail ?? null,
    ]);
  }

  /** As {@link record}, of what has happened to many at once. */
  async recordAll(scope: Scope, entries: readonly Omit<AuditRecord, 'outcome'>[]): Promise<void> {
    if (entries.length === 0) return;
    const { actor, request } = scope;
    await scope.sql('audit.record-all', INSERT_ALL, [
      nameOfActor(actor),
      actorIdOf(actor),
      request.address,
      request.requestId,
      entries.map(({ action }) => action),
      entries.map(({ target }) => target ?? null),
      entries.map(({ detail }) => detail ?? null),
    ]);
  }

  /** Give it a scope of its own (`work.read`): inside the refused change it would be rolled back with it. */
  recordRefusal(scope: Scope, { operation, code, target }: Refusal): Promise<void> {
    const action = operation.slice(0, MAX_ACTION);
    return this.record(scope, { action, target, detail: code, outcome: 'REFUSED' });
  }

  /** For the event `accessRuleChanged`: rules lie below the audit log and cannot call it. */
  recordRuleChange(scope: Scope, { ruleId, name, change }: AccessRuleChanged): Promise<void> {
    return this.record(scope, {
      action: RULE_ACTIONS[change],
      target: `access-rule:${ruleId}`,
      detail: name,
    });
  }

  /** Newest first. @throws DomainError INVALID_INPUT for a cursor of another list, or a filter that no entry could fit */
  async list(
    scope: Scope,
    page: PageRequest,
    filter: AuditFilter = {},
  ): Promise<Page<AuditEntryEntity>> {
    const query = scope.db
      .createQueryBuilder(AuditEntryEntity, 'entry')
      .orderBy('entry.id', 'DESC')
      .limit(page.first + 1);
    if (page.after !== undefined) {
      query.andWhere('entry.id < :id', { id: entryIdOf(page.after) });
    }
    for (const field of ['actor', 'target'] as const) {
      const wanted = filter[field];
      if (wanted === null || wanted === undefined) continue;
      if (!isStorable(wanted)) throw invalidInput(field, 'It must not contain control characters.');
      query.andWhere(`entry.${field} = :${field}`, { [field]: wanted });
    }
    return toPage(await query.getMany(), page, ({ id }) => ({ at: NO_INSTANT, id }));
  }
}

function entryIdOf({ at, id }: { at: string; id: string }): string {
  if (at !== NO_INSTANT || !ENTRY_ID.test(id)) {
    throw invalidInput('after', 'It is no cursor of this list.');
  }
  return id;
}
