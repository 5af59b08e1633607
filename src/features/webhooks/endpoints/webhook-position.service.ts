import { invalidInput } from '../../../kernel/errors.js';
import type { ProjectId, WebhookEndpointId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope, Sql } from '../../../platform/scope.js';
import type {
  LogPosition,
  Present,
  ProjectStreamService,
} from '../../events/project-stream.service.js';
import { WEBHOOK_LOGS, type WebhookLog } from './webhook-logs.service.js';

/** Behind which event of a log an endpoint stands. */
export interface WebhookPosition extends LogPosition {
  /** Null: nothing behind it is too old to be told. */
  readonly since: Present | null;
}

interface PositionRow extends LogPosition {
  readonly log: string;
  readonly sinceEpoch: number | null;
  readonly sinceSnapshot: string | null;
}
type PositionOf = ReadonlyMap<WebhookLog, LogPosition>;

const PRESENT = `
  INSERT INTO webhook_position (endpoint_id, log, epoch, xid, number, since_epoch, since_snapshot)
  SELECT $1, log, project_log_present(), pg_snapshot_xmin(now_seen)::text::bigint - 1, 9223372036854775807,
    project_log_present(), now_seen::text
  FROM unnest($2::text[]) log, pg_current_snapshot() now_seen ON CONFLICT DO NOTHING`;
const SELECT = `
  SELECT log, epoch, xid, number, since_epoch AS "sinceEpoch", since_snapshot AS "sinceSnapshot"
  FROM webhook_position WHERE endpoint_id = $1`;
const ADVANCE = `
  UPDATE webhook_position SET epoch = $6, xid = $7, number = $8
  WHERE endpoint_id = $1 AND log = $2 AND epoch = $3 AND xid = $4 AND number = $5 RETURNING log`;
/** Only ever backwards, by all three numbers together. */
const SET_BACK = `
  UPDATE webhook_position p SET epoch = t.epoch, xid = t.xid, number = t.number, since_epoch = NULL, since_snapshot = NULL
  FROM (
    SELECT epoch, xid, number FROM webhook_position WHERE endpoint_id = $1 AND log = $2
    UNION ALL SELECT $3::int, $4::bigint, $5::bigint
    ORDER BY epoch, xid, number LIMIT 1
  ) t WHERE p.endpoint_id = $1 AND p.log = $2`;
const BEFORE_ALL = '0';
const BEHIND_ALL = '9223372036854775807';

/** How far endpoints have been told of each log. */
export class WebhookPositionService {
  constructor(private readonly streams: ProjectStreamService) {}

  /** From now on: what is committed after this statement. */
  async begin(scope: ChangeScope, endpointId: WebhookEndpointId): Promise<void> {
    const logs = WEBHOOK_LOGS.map(({ name }) => name);
    await scope.sql('webhook-position.begin', PRESENT, [endpointId, logs]);
  }

  /** Of each log; those of logs that came with a later version begin now. */
  async of(
    sql: Sql,
    endpointId: WebhookEndpointId,
  ): Promise<ReadonlyMap<WebhookLog, WebhookPosition>> {
    const rows = await sql<PositionRow>('webhook-position.of', SELECT, [endpointId]);
    const byLog = new Map(rows.map((row) => [row.log, row]));
    return new Map(
      WEBHOOK_LOGS.flatMap((log) => {
        const row = byLog.get(log.name);
        return row === undefined ? [] : [[log, toPosition(row)] as const];
      }),
    );
  }

  /** @returns false where somebody else has moved it meanwhile */
  async advance(scope: ChangeScope, { endpointId, log, from, to }: Advance): Promise<boolean> {
    const moved = await scope.sql('webhook-position.advance', ADVANCE, [
      ...[endpointId, log.name],
      ...[from.epoch, from.xid, from.number],
      ...[to.epoch, to.xid, to.number],
    ]);
    return moved.length > 0;
  }

  /** What was not told yet is never skipped. The endpoint's row is locked by the caller. */
  async setBack(
    scope: ChangeScope,
    endpointId: WebhookEndpointId,
    positions: PositionOf,
  ): Promise<void> {
    for (const [{ name }, { epoch, xid, number }] of positions) {
      const values = [endpointId, name, epoch, xid, number];
      await scope.sql('webhook-position.set-back', SET_BACK, values);
    }
  }

  /**
   * Where to stand so that all is told that came after the event of this id. To be called outside of transactions.
   * @throws DomainError INVALID_INPUT where there is no such event in the project
   */
  async behindEvent(projectId: ProjectId, eventId: string): Promise<PositionOf> {
    const [, name, cursor] = /^([a-z-]+)_([\w-]+)$/.exec(eventId) ?? [];
    const own = WEBHOOK_LOGS.find((log) => log.name === name);
    if (own === undefined || cursor === undefined) {
      throw invalidInput('after', 'It is no webhook-id of this project.');
    }
    const position = await this.streams.positionOf(own.log, projectId, cursor);
    return new Map(WEBHOOK_LOGS.map((log) => [log, beside(log, own, position)]));
  }

  /** Where to stand so that all is told that happened at this instant or later. Logs without such events are left out. */
  async before(scope: Scope, projectId: ProjectId, instant: Date): Promise<PositionOf> {
    const positions = new Map<WebhookLog, LogPosition>();
    for (const log of WEBHOOK_LOGS) {
      const [first] = await scope.sql<LogPosition>(
        `webhook-position.first-in-${log.name}`,
        firstSince(log),
        [projectId, instant],
      );
      if (first !== undefined) positions.set(log, first);
    }
    return positions;
  }
}

interface Advance {
  readonly endpointId: WebhookEndpointId;
  readonly log: WebhookLog;
  readonly from: LogPosition;
  readonly to: LogPosition;
}

/** How an event is called in `webhook-id`: always the same, and a cursor from which on events can be told again. */
export function eventIdOf({ name }: WebhookLog, cursor: string): string {
  return `${name}_${cursor}`;
}

/** Of one transaction, events of a lower log come first. */
function beside(log: WebhookLog, own: WebhookLog, position: LogPosition): LogPosition {
  if (log === own) return position;
  return { ...position, number: log.rank < own.rank ? BEHIND_ALL : BEFORE_ALL };
}

function firstSince({ log: { table, number } }: WebhookLog): string {
  return `SELECT epoch, xid, ${number} - 1 AS number FROM ${table} WHERE project_id = $1 AND at >= $2
    ORDER BY ${table}.epoch, ${table}.xid, ${table}.${number} LIMIT 1`;
}

function toPosition({
  epoch,
  xid,
  number,
  sinceEpoch,
  sinceSnapshot,
}: PositionRow): WebhookPosition {
  const since =
    sinceEpoch === null || sinceSnapshot === null
      ? null
      : { epoch: sinceEpoch, snapshot: sinceSnapshot, xid, number };
  return { epoch, xid, number, since };
}
