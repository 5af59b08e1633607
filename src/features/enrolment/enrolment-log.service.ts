import type { ProblemCode } from '../../kernel/errors.js';
import { DomainError } from '../../kernel/errors.js';
import type { DeviceId, EnrolmentId, ProfileId } from '../../kernel/ids.js';
import { CHANNEL } from '../../platform/event-bus/event-bus.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { ProjectLog } from '../events/project-stream.service.js';
import { enrolmentGivenUp } from './enrolment.events.js';
import { isFinal, predecessorsOf, type EnrolmentStatus } from './enrolment-status.js';

export interface LoggedEvent {
  readonly number: number;
  readonly status: EnrolmentStatus;
  readonly at: Date;
  readonly detail: string | null;
}
export interface Move {
  /** For who watches; never a secret. */
  readonly detail?: string | null | undefined;
  /** Why it failed. */
  readonly failure?: ProblemCode | null;
  /** What the enrolment keeps from this step on. */
  readonly keep?: Kept;
}
interface Kept {
  readonly deviceId?: DeviceId;
  readonly deviceThumbprint?: string;
  readonly requestsDigest?: Buffer;
  readonly profileId?: ProfileId;
}

const MOVE = `
  WITH moved AS (
    UPDATE enrolment SET status = $2, last_event = last_event + 1,
      completed_at = CASE WHEN $5 THEN now() END, failure_code = $6,
      device_id = coalesce($7, device_id), device_thumbprint = coalesce($8, device_thumbprint),
      requests_digest = coalesce($9, requests_digest), profile_id = coalesce($10, profile_id)
    WHERE id = $1 AND status = ANY($3) RETURNING id, project_id, last_event
  ), logged AS (
    INSERT INTO enrolment_event (enrolment_id, project_id, number, status, at, detail)
    SELECT id, project_id, last_event, $2, now(), $4 FROM moved RETURNING number, project_id
  )
  SELECT number, pg_notify('${CHANNEL}', 'enrolment:' || $1::uuid), pg_notify('${CHANNEL}', 'project:' || project_id) FROM logged`;

const BEGIN = `
  WITH logged AS (
    INSERT INTO enrolment_event (enrolment_id, project_id, number, status, at, detail)
    SELECT id, project_id, 1, $2, now(), $3 FROM enrolment WHERE id = $1 RETURNING project_id
  )
  SELECT pg_notify('${CHANNEL}', 'project:' || project_id) FROM logged`;

const BEGIN_ALL = `
  WITH logged AS (
    INSERT INTO enrolment_event (enrolment_id, project_id, number, status, at)
    SELECT id, project_id, 1, status, now() FROM enrolment WHERE id = ANY($1) RETURNING project_id
  )
  SELECT pg_notify('${CHANNEL}', 'project:' || project_id) FROM (SELECT DISTINCT project_id FROM logged) AS project`;

/** The steps of all enrolments of a project. */
export const ENROLMENT_LOG: ProjectLog = {
  name: 'enrolments',
  table: 'enrolment_event',
  number: 'log_number',
  columns: 'enrolment_id AS "enrolmentId", status, detail',
};

/** The one way in which an enrolment's status changes, and the log that subscribers read. */
export class EnrolmentLog {
  /** Writes the first event of an enrolment that was just stored. */
  async begin(
    scope: ChangeScope,
    id: EnrolmentId,
    status: EnrolmentStatus,
    { detail = null }: Pick<Move, 'detail'> = {},
  ): Promise<void> {
    await scope.sql('enrolment-log.begin', BEGIN, [id, status, detail]);
  }

  /** As {@link begin}, of many. */
  async beginAll(scope: ChangeScope, ids: readonly EnrolmentId[]): Promise<void> {
    await scope.sql('enrolment-log.begin-all', BEGIN_ALL, [ids]);
  }

  /**
   * Moves, writes the event, and tells who watches once this is committed.
   * @throws DomainError INVALID_TRANSITION where `to` may not follow
   */
  async move(
    scope: ChangeScope,
    id: EnrolmentId,
    to: EnrolmentStatus,
    { detail = null, failure = null, keep = {} }: Move = {},
  ): Promise<void> {
    const moved = await scope.sql('enrolment-log.move', MOVE, [
      id,
      to,
      predecessorsOf(to),
      detail,
      isFinal(to),
      failure,
      ...kept(keep),
    ]);
    if (moved.length === 0) throw new DomainError('INVALID_TRANSITION', { to });
    if (isFinal(to) && to !== 'ACTIVE') await scope.raise(enrolmentGivenUp, { enrolmentId: id });
  }

  /** What has happened after event number `after`, oldest first. */
  after(scope: Scope, id: EnrolmentId, after: number): Promise<LoggedEvent[]> {
    return scope.sql<LoggedEvent>(
      'enrolment-log.after',
      `SELECT number, status, at, detail FROM enrolment_event
       WHERE enrolment_id = $1 AND number > $2 ORDER BY number`,
      [id, after],
    );
  }

  /** The last event: where the enrolment stands. */
  async latest(scope: Scope, id: EnrolmentId): Promise<LoggedEvent[]> {
    return scope.sql<LoggedEvent>(
      'enrolment-log.latest',
      `SELECT number, status, at, detail FROM enrolment_event
       WHERE enrolment_id = $1 ORDER BY number DESC LIMIT 1`,
      [id],
    );
  }
}

/** What is not kept from this step on stays as it is. */
function kept({ deviceId, deviceThumbprint, requestsDigest, profileId }: Kept): unknown[] {
  return [deviceId ?? null, deviceThumbprint ?? null, requestsDigest ?? null, profileId ?? null];
}
