import type { AssignedIdId, ProjectId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { SelfRegistrationService } from '../../projects/self-registration/self-registration.service.js';
import { appendToLog } from '../assigned-id-log.service.js';
import { readConfirmations, type ConfirmationList } from './confirmation-csv.js';
import { ListProblems, type ListProblem } from './list-problems.js';

export { readConfirmations, type ConfirmationList };

/** What a list did, or would do. */
export interface ListOutcome {
  readonly projectId: ProjectId;
  readonly dryRun: boolean;
  readonly confirmed: number;
  /** Confirmed already, with the same reference. */
  readonly unchanged: number;
  readonly withoutReference: number;
}

type Obstacle = 'UNKNOWN' | 'REVOKED' | 'OTHER_REFERENCE';

const OBSTACLES: Readonly<Record<Obstacle, Omit<ListProblem, 'line'>>> = {
  UNKNOWN: { column: 'value', message: 'There is no such ID.' },
  REVOKED: { column: 'value', message: 'It is revoked.' },
  OTHER_REFERENCE: { column: 'reference', message: 'It is confirmed with another reference.' },
};
const MOST_READ = 100;

/** In the order of their ids, so that nobody waits in a circle. */
const CHECK = `
  WITH held AS (
    SELECT value, status, host_reference FROM assigned_id
    WHERE project_id = $1 AND value = ANY($2::text[]) ORDER BY id FOR UPDATE
  ), judged AS (
    SELECT sent.line, CASE
        WHEN held.value IS NULL THEN 'UNKNOWN'
        WHEN held.status = 'REVOKED' THEN 'REVOKED'
        WHEN held.host_reference <> sent.reference THEN 'OTHER_REFERENCE' END AS obstacle
    FROM unnest($2::text[], $3::text[], $4::int[]) AS sent (value, reference, line) LEFT JOIN held USING (value)
  )
  SELECT line, obstacle, count(*) OVER ()::int AS count FROM judged WHERE obstacle IS NOT NULL ORDER BY line LIMIT $5`;
const CONFIRM = `
  UPDATE assigned_id a SET status = 'CONFIRMED', host_reference = sent.reference, confirmed_at = now()
  FROM unnest($2::text[], $3::text[]) AS sent (value, reference)
  WHERE a.project_id = $1 AND a.value = sent.value AND a.status = 'ASSIGNED' RETURNING a.id`;

const COUNT = `
  SELECT count(*)::int AS count FROM assigned_id
  WHERE project_id = $1 AND value = ANY($2::text[]) AND status = 'ASSIGNED'`;

/** Confirmations by the list: all of it, or nothing. */
export class ConfirmationListService {
  constructor(
    private readonly selfRegistrations: Pick<SelfRegistrationService, 'get'>,
    private readonly audit: AuditService,
  ) {}

  /**
   * @param list read before the transaction began: nothing waits for whoever sends it
   * @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE; INVALID_INPUT with `problems` by line and column
   */
  async apply(
    scope: ChangeScope,
    projectId: string,
    { list, dryRun }: { readonly list: ConfirmationList; readonly dryRun: boolean },
  ): Promise<ListOutcome> {
    const { project } = await this.selfRegistrations.get(scope, projectId);
    await refuseObstacles(scope, project.id, list);
    const confirmed = dryRun
      ? await countOf(scope, project.id, list)
      : await this.confirm(scope, project.id, list);
    const { values, withoutReference } = list;
    const unchanged = values.length - confirmed;
    return { projectId: project.id, dryRun, confirmed, unchanged, withoutReference };
  }

  private async confirm(
    scope: ChangeScope,
    projectId: ProjectId,
    { values, references }: ConfirmationList,
  ): Promise<number> {
    const rows = await scope.sql<{ id: AssignedIdId }>('confirmation-list.confirm', CONFIRM, [
      projectId,
      values,
      references,
    ]);
    if (rows.length > 0) {
      await appendToLog(
        scope,
        rows.map(({ id }) => id),
        'CONFIRMED',
      );
    }
    await this.audit.record(scope, {
      action: 'assigned-id.confirm-list',
      target: `project:${projectId}`,
      detail: `confirmed:${String(rows.length)} of:${String(values.length)}`,
    });
    return rows.length;
  }
}

async function countOf(
  scope: Scope,
  projectId: ProjectId,
  { values }: ConfirmationList,
): Promise<number> {
  const [row] = await scope.sql<{ count: number }>('confirmation-list.count', COUNT, [
    projectId,
    values,
  ]);
  return row?.count ?? 0;
}

/** @throws DomainError INVALID_INPUT with `problems` */
async function refuseObstacles(
  scope: ChangeScope,
  projectId: ProjectId,
  { values, references, lines }: ConfirmationList,
): Promise<void> {
  const obstacles = await scope.sql<{ line: number; obstacle: Obstacle; count: number }>(
    'confirmation-list.check',
    CHECK,
    [projectId, values, references, lines, MOST_READ],
  );
  const problems = new ListProblems();
  for (const { line, obstacle } of obstacles) problems.note({ line, ...OBSTACLES[obstacle] });
  problems.refuse((obstacles[0]?.count ?? 0) - obstacles.length);
}
