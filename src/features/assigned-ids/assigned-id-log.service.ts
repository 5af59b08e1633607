import type { AssignedIdId } from '../../kernel/ids.js';
import { CHANNEL } from '../../platform/event-bus/event-bus.js';
import type { ChangeScope } from '../../platform/scope.js';
import type { ProjectLog } from '../events/project-stream.service.js';
import type { AssignedIdEventKind } from './assigned-id.js';

/** What subscribers, and webhooks, read of a project's assigned IDs. */
export const ASSIGNED_ID_LOG: ProjectLog = {
  name: 'assigned-ids',
  table: 'assigned_id_event',
  number: 'number',
  columns: 'assigned_id AS "assignedIdId", kind',
};

/** One event of the log. */
export interface AssignedIdChange {
  readonly assignedIdId: AssignedIdId;
  readonly kind: AssignedIdEventKind;
}

/** Epoch and transaction are asked for once, not for each of thousands of rows. */
const APPEND = `
  WITH logged AS (
    INSERT INTO assigned_id_event (assigned_id, project_id, kind, profile_id, at, epoch, xid)
    SELECT id, project_id, $2, profile_id, now(), (SELECT project_log_epoch()), (SELECT project_log_xid())
    FROM assigned_id WHERE id = ANY($1) ORDER BY number RETURNING project_id
  )
  SELECT pg_notify('${CHANNEL}', 'project:' || project_id) FROM (SELECT DISTINCT project_id FROM logged) AS told`;

/** Notes what became of these IDs, as they stand now, and wakes who follows their project. */
export async function appendToLog(
  scope: ChangeScope,
  ids: readonly AssignedIdId[],
  kind: AssignedIdEventKind,
): Promise<void> {
  await scope.sql('assigned-id-log.append', APPEND, [ids, kind]);
}
