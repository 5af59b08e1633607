import type { Grants, RequestContext } from '../../kernel/actor.js';
import { DomainError } from '../../kernel/errors.js';
import { parseId, type EnrolmentId } from '../../kernel/ids.js';
import type { GuardedField } from './operation.js';
import type { EdgePorts, Permission } from './ports.js';

const OPEN_TO_WATCH_TOKENS: ReadonlySet<string> = new Set([
  '/enrolments/watch',
  '/enrolments/cancel',
  '/enrolments/confirm',
  '/enrolments/renew',
]);
const OPEN_TO_DEVICE_TOKENS: ReadonlySet<string> = new Set([
  '/enrolments/watch',
  '/enrolments/cancel',
]);

/** The distinct resources that the access rules have to open; what a token's grant opens needs none of them. */
export function resourcesToJudge(fields: readonly GuardedField[], grants: Grants): string[] {
  const judged = fields.filter((field) => !isGranted(field, grants));
  return [...new Set(judged.map(({ resource }) => resource))];
}

/** A token speaks for one enrolment, and only where the field names just that one. */
function isGranted({ resource, args }: GuardedField, { watch, device }: Grants): boolean {
  const target = targetOf(args);
  if (target === undefined) return false;
  return (
    (target === watch && OPEN_TO_WATCH_TOKENS.has(resource)) ||
    (target === device?.enrolmentId && OPEN_TO_DEVICE_TOKENS.has(resource))
  );
}

function targetOf({ id, enrolmentId }: GuardedField['args']): EnrolmentId | undefined {
  const named = enrolmentId ?? id;
  return typeof named === 'string' ? parseId<EnrolmentId>(named) : undefined;
}

export interface Judged {
  readonly resources: readonly string[];
  /** The fields that are asked for, by name. */
  readonly operation: string;
  readonly isChange: boolean;
}

/**
 * Judges the resources one after the other. A refusal is recorded, and is the answer to all.
 * @throws DomainError with the refusal
 */
export async function judge(
  ports: Pick<EdgePorts, 'authorize' | 'recordRefusal'>,
  context: RequestContext,
  { resources, operation, isChange }: Judged,
): Promise<Permission> {
  let validUntil: Date | null = null;
  for (const resource of resources) {
    try {
      const permission = await ports.authorize(context, resource, { isChange });
      validUntil = earlier(validUntil, permission.validUntil);
    } catch (error) {
      if (error instanceof DomainError) {
        await ports.recordRefusal(context, { operation, resource, code: error.code });
      }
      throw error;
    }
  }
  return { validUntil };
}

export function earlier(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a <= b ? a : b;
}
