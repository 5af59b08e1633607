import type { AssignedIdId, ProfileId, ProjectId } from '../../kernel/ids.js';

export const ASSIGNED_ID_STATUSES = ['ASSIGNED', 'CONFIRMED', 'REVOKED'] as const;
export type AssignedIdStatus = (typeof ASSIGNED_ID_STATUSES)[number];

export const ASSIGNED_ID_EVENT_KINDS = [
  'ASSIGNED',
  'REACTIVATED',
  'CONFIRMED',
  'UNCONFIRMED',
  'REVOKED',
] as const;
export type AssignedIdEventKind = (typeof ASSIGNED_ID_EVENT_KINDS)[number];

/** An ID that a phone was assigned, and what its project's host system has said of it. */
export interface AssignedId {
  readonly id: AssignedIdId;
  readonly projectId: ProjectId;
  readonly number: number;
  /** With prefix and width, as readers and the host system see it. */
  readonly value: string;
  readonly status: AssignedIdStatus;
  readonly hostReference: string | null;
  /** The mobile ID that it stands for now. */
  readonly profileId: ProfileId;
  readonly assignedAt: Date;
  readonly confirmedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastSeenAt: Date;
}

/** In SQL, of a row that is called `a`. Numbers up to 2^53 survive as floating point. */
export const ASSIGNED_ID = `a.id, a.project_id AS "projectId", a.number::float8 AS number, a.value, a.status,
  a.host_reference AS "hostReference", a.profile_id AS "profileId", a.assigned_at AS "assignedAt",
  a.confirmed_at AS "confirmedAt", a.revoked_at AS "revokedAt", a.last_seen_at AS "lastSeenAt"`;
