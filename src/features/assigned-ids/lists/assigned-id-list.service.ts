import { invalidInput } from '../../../kernel/errors.js';
import { parseId } from '../../../kernel/ids.js';
import { pageRequest, toPage, type Position } from '../../../kernel/pagination.js';
import type { CountedPage } from '../../../platform/database/keyset.js';
import type { Scope } from '../../../platform/scope.js';
import type { Project } from '../../projects/project.service.js';
import type { SelfRegistrationService } from '../../projects/self-registration/self-registration.service.js';
import { ASSIGNED_ID, type AssignedId } from '../assigned-id.js';
import { conditionsOf, type AssignedIdFilter } from './assigned-id-filter.js';

export interface ListRequest {
  readonly first: number;
  readonly after?: string | null | undefined;
}

/** The IDs of a project, as operators and host systems read them. */
export class AssignedIdListService {
  constructor(private readonly selfRegistrations: Pick<SelfRegistrationService, 'get'>) {}

  /** @throws DomainError NOT_FOUND, also out of the actor's reach; WRONG_PROJECT_MODE; INVALID_INPUT */
  async list(
    scope: Scope,
    projectId: string,
    filter: AssignedIdFilter,
    request: ListRequest,
  ): Promise<CountedPage<AssignedId>> {
    const { project } = await this.selfRegistrations.get(scope, projectId);
    return this.ofProject(scope, project, filter, request);
  }

  /** Highest number first. @throws DomainError INVALID_INPUT */
  async ofProject(
    scope: Scope,
    { id }: Pick<Project, 'id'>,
    filter: AssignedIdFilter,
    { first, after }: ListRequest,
  ): Promise<CountedPage<AssignedId>> {
    const request = pageRequest(first, after);
    const { sql, values } = conditionsOf(id, filter);
    const [{ count } = { count: '0' }] = await scope.db.query<{ count: string }[]>(
      `SELECT count(*) AS count FROM assigned_id a WHERE ${sql}`,
      [...values],
    );
    const behind = request.after === undefined ? undefined : numberOf(request.after);
    const place = `$${String(values.length + 1)}::bigint`;
    const rows = await scope.db.query<AssignedId[]>(
      `SELECT ${ASSIGNED_ID} FROM assigned_id a WHERE ${sql} AND (${place} IS NULL OR a.number < ${place})
       ORDER BY a.number DESC LIMIT ${String(first + 1)}`,
      [...values, behind ?? null],
    );
    const page = toPage(rows, request, (row) => ({ at: String(row.number), id: row.id }));
    return { ...page, totalCount: Number(count) };
  }
}

function numberOf({ at, id }: Position): string {
  if (parseId(id) === undefined) throw invalidInput('after', 'It is no cursor of this list.');
  return at;
}
