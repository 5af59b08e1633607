import { DomainError } from '../../kernel/errors.js';
import { FieldProblems } from '../../kernel/field-problems.js';
import { textProblem } from '../../kernel/text.js';
import { hasCode } from '../../platform/system-errors.js';
import type { MemberChanges, MemberIds } from './member.js';

const MAX_ID = 128;
/** PostgreSQL: unique_violation. */
const UNIQUE_VIOLATION = '23505';

/** @throws DomainError INVALID_INPUT with the path of every refused field */
export function checkIds(ids: MemberIds): void {
  const problems = new FieldProblems();
  for (const field of ['hostId', 'syncId'] as const) {
    const id = ids[field];
    if (id !== null) problems.note(field, textProblem(id, { max: MAX_ID }));
  }
  problems.refuse();
}

/** As they stand after the changes. */
export function idsAfter(present: MemberIds, { hostId, syncId }: MemberChanges): MemberIds {
  return {
    hostId: hostId === undefined ? present.hostId : hostId,
    syncId: syncId === undefined ? present.syncId : syncId,
  };
}

/** Whether the changes leave everything as it is. */
export function changesNothing(present: MemberIds, changes: MemberChanges): boolean {
  const { hostId, syncId } = idsAfter(present, changes);
  return hostId === present.hostId && syncId === present.syncId;
}

export function isTaken(field: keyof MemberIds): DomainError {
  return new DomainError('CONFLICT', { fields: [{ field, message: 'It is already taken.' }] });
}

/** What the database's refusal means; undefined where it refused something else. */
export function takenId(error: unknown): DomainError | undefined {
  if (!hasCode(error, UNIQUE_VIOLATION)) return undefined;
  const { constraint } = error as { readonly constraint?: string };
  return isTaken(constraint === 'project_member_sync_id' ? 'syncId' : 'hostId');
}
