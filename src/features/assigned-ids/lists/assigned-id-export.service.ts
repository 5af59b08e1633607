import { csvLine } from '../../../platform/csv/csv-line.js';
import type { ProjectId } from '../../../kernel/ids.js';
import type { Scope } from '../../../platform/scope.js';
import { stateAt, type ProfileState } from '../../profiles/profile.service.js';
import type { SelfRegistrationService } from '../../projects/self-registration/self-registration.service.js';
import { ASSIGNED_ID_STATUSES, type AssignedIdStatus } from '../assigned-id.js';
import { conditionsOf, type AssignedIdFilter } from './assigned-id-filter.js';

export { ASSIGNED_ID_STATUSES };

export const EXPORT_FORMATS = ['csv', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A file that is made while it is read: no more than one page of it is in memory. */
export interface AssignedIdExport {
  readonly projectId: ProjectId;
  readonly chunks: AsyncGenerator<string, void, undefined>;
}

interface ExportRow {
  readonly number: number;
  readonly value: string;
  readonly status: AssignedIdStatus;
  readonly hostReference: string | null;
  readonly assignedAt: Date;
  readonly confirmedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastSeenAt: Date;
  readonly profileId: string;
  readonly profileState: ProfileState;
  readonly validTo: Date;
  readonly deviceName: string;
  readonly devicePlatform: string;
}

const COLUMNS = [
  'number',
  'value',
  'status',
  'hostReference',
  'assignedAt',
  'confirmedAt',
  'revokedAt',
  'lastSeenAt',
  'profileId',
  'profileState',
  'validTo',
  'deviceName',
  'devicePlatform',
] as const satisfies readonly (keyof ExportRow)[];

const PAGE = 500;
const SELECT = `
  SELECT a.number::float8 AS number, a.value, a.status, a.host_reference AS "hostReference",
    a.assigned_at AS "assignedAt", a.confirmed_at AS "confirmedAt", a.revoked_at AS "revokedAt",
    a.last_seen_at AS "lastSeenAt", a.profile_id AS "profileId", p.state AS "profileState", p.valid_to AS "validTo",
    d.name AS "deviceName", d.platform AS "devicePlatform", now() AS "readAt"
  FROM assigned_id a JOIN profile p ON p.id = a.profile_id JOIN device d ON d.id = p.device_id`;

/** All IDs of a project as a file, the lowest number first. What changes while it is read stands in it as before, or as after. */
export class AssignedIdExportService {
  constructor(private readonly selfRegistrations: Pick<SelfRegistrationService, 'get'>) {}

  /** @throws DomainError NOT_FOUND, also out of the actor's reach; WRONG_PROJECT_MODE; INVALID_INPUT: all before the first chunk */
  async open(
    scope: Scope,
    projectId: string,
    { format, filter }: { readonly format: ExportFormat; readonly filter: AssignedIdFilter },
  ): Promise<AssignedIdExport> {
    const { project } = await this.selfRegistrations.get(scope, projectId);
    const pages = pagesOf(scope, project.id, filter);
    const first = await pages.next();
    const all = resumed(first, pages);
    return { projectId: project.id, chunks: format === 'csv' ? csvOf(all) : jsonOf(all) };
  }
}

type Pages = AsyncGenerator<readonly ExportRow[], void, undefined>;

/** Each page is a query of its own: nothing is held open while the reader takes his time. */
async function* pagesOf(scope: Scope, projectId: ProjectId, filter: AssignedIdFilter): Pages {
  const { sql, values } = conditionsOf(projectId, filter);
  const place = `$${String(values.length + 1)}::bigint`;
  let last = -1;
  for (;;) {
    const rows = await scope.db.query<(ExportRow & { readAt: Date })[]>(
      `${SELECT} WHERE ${sql} AND a.number > ${place} ORDER BY a.number LIMIT ${String(PAGE)}`,
      [...values, last],
    );
    yield rows.map(({ readAt, ...row }) => ({
      ...row,
      profileState: stateAt({ state: row.profileState, validTo: row.validTo }, readAt),
    }));
    if (rows.length < PAGE) return;
    last = rows.at(-1)?.number ?? last;
  }
}

async function* resumed(first: IteratorResult<readonly ExportRow[], void>, rest: Pages): Pages {
  if (first.done !== true) yield first.value;
  yield* rest;
}

async function* csvOf(pages: Pages): AsyncGenerator<string, void, undefined> {
  yield csvLine(COLUMNS);
  for await (const rows of pages) {
    if (rows.length > 0)
      yield rows.map((row) => csvLine(COLUMNS.map((name) => textOf(row[name])))).join('');
  }
}

async function* jsonOf(pages: Pages): AsyncGenerator<string, void, undefined> {
  let separator = '[\n';
  for await (const rows of pages) {
    if (rows.length === 0) continue;
    yield separator + rows.map((row) => JSON.stringify(row)).join(',\n');
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

function textOf(value: ExportRow[keyof ExportRow]): string | null {
  if (value === null) return null;
  return value instanceof Date ? value.toISOString() : String(value);
}
