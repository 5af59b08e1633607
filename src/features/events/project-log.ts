/**
 * A table of events, each of one project. It needs the columns `project_id`, `at`, `epoch` and `xid`, these two by default
 * `project_log_epoch()` and `project_log_xid()`, one that numbers its rows (`GENERATED ALWAYS AS IDENTITY`), and an
 * index over `(project_id, epoch, xid, NUMBER)`; rows stay as they are. Who adds one announces `project:ID` in the same transaction.
 */
export interface ProjectLog {
  /** Stands for it in its cursors. */
  readonly name: string;
  readonly table: string;
  /** The column that numbers the rows. */
  readonly number: string;
  /** What an event tells, in SQL, `at` excepted: `enrolment_id AS "enrolmentId", status`. */
  readonly columns: string;
}

const MICROS = '(extract(epoch FROM at) * 1000000)::bigint';
const HORIZON = 'pg_snapshot_xmin(pg_current_snapshot())::text::bigint';

/**
 * $1 project, $2 to $4 position, $5 and $6 epoch and snapshot of the reader's start or null, $7 limit. One statement, one snapshot: what
 * is below its horizon is over. Of an earlier epoch everything is. The columns of events are null where there is none.
 */
export function pageOf({ table, number, columns }: ProjectLog): string {
  return `
    WITH head AS MATERIALIZED (SELECT project_log_present() AS epoch, ${HORIZON} AS horizon)
    SELECT head.epoch AS "presentEpoch", head.horizon::text AS horizon,
      (SELECT min(xid) FROM ${table}
       WHERE project_id = $1 AND epoch = head.epoch AND xid >= head.horizon)::text AS hidden, event.*
    FROM head LEFT JOIN LATERAL (
      SELECT epoch, xid::text AS xid, ${number}::text AS number, ${MICROS}::text AS micros, at, ${columns} FROM ${table}
      WHERE project_id = $1 AND (epoch, xid, ${number}) > ($2::int, $3::bigint, $4::bigint)
        AND (epoch, xid) < (head.epoch, head.horizon)
        AND ($6::text IS NULL OR epoch > $5::int OR NOT pg_visible_in_snapshot(xid::text::xid8, $6::pg_snapshot))
      ORDER BY ${table}.epoch, ${table}.xid, ${table}.${number} LIMIT $7
    ) event ON true ORDER BY event.epoch, event.xid::bigint, event.number::bigint`;
}

export function findIn({ table, number }: ProjectLog): string {
  return `SELECT FROM ${table}
    WHERE project_id = $1 AND epoch = $2 AND xid = $3 AND ${number} = $4 AND ${MICROS} = $5::bigint`;
}

/** The snapshot is taken once, so that all of it speaks of the same instant. */
export const PRESENT = `
  SELECT project_log_present() AS epoch, (pg_snapshot_xmin(now_seen)::text::bigint - 1)::text AS xid, now_seen::text AS snapshot
  FROM pg_current_snapshot() AS now_seen`;
