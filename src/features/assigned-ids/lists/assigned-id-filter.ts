import { invalidInput } from '../../../kernel/errors.js';
import type { ProjectId } from '../../../kernel/ids.js';
import { MAX_PAGE } from '../../../kernel/pagination.js';
import { isStorable } from '../../../kernel/text.js';
import { searchPattern } from '../../users/user.service.js';
import type { AssignedIdStatus } from '../assigned-id.js';

/** What a reader asks for; what is left out, or null, leaves nothing out. */
export interface AssignedIdFilter {
  readonly status?: AssignedIdStatus | null | undefined;
  /** Part of the value or of the host system's reference, in either case of letters. */
  readonly search?: string | null | undefined;
  readonly values?: readonly string[] | null | undefined;
  readonly hostReferences?: readonly string[] | null | undefined;
  /** Only IDs whose phone was not seen since. */
  readonly notSeenSince?: Date | null | undefined;
}

/** Conditions in SQL over `assigned_id a`, with `$1` and so on for their values. */
export interface Conditions {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** @throws DomainError INVALID_INPUT */
export function conditionsOf(projectId: ProjectId, filter: AssignedIdFilter): Conditions {
  const { status, notSeenSince } = filter;
  const wanted: readonly (readonly [sql: string, value: unknown])[] = [
    ['a.project_id = ?', projectId],
    ['a.status = ?', status],
    ['a.value = ANY(?::text[])', listed('values', filter.values)],
    ['a.host_reference = ANY(?::text[])', listed('hostReferences', filter.hostReferences)],
    ['a.last_seen_at < ?', notSeenSince],
    ['a.value ILIKE ? OR a.host_reference ILIKE ?', searchPattern(filter.search ?? '')],
  ];
  const given = wanted.filter(([, value]) => value !== undefined && value !== null);
  const parts = given.map(([sql], i) => `(${sql.replaceAll('?', `$${String(i + 1)}`)})`);
  return { sql: parts.join(' AND '), values: given.map(([, value]) => value) };
}

/** What PostgreSQL cannot store equals nothing. */
function listed(
  field: string,
  texts: readonly string[] | null | undefined,
): readonly string[] | undefined {
  if (texts === null || texts === undefined) return undefined;
  if (texts.length > MAX_PAGE) {
    throw invalidInput(field, `There can be at most ${String(MAX_PAGE)}.`);
  }
  return texts.filter(isStorable);
}
