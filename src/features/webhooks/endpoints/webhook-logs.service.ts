import type {
  AssignedIdId,
  EnrolmentId,
  ProfileId,
  ProjectId,
  UserId,
} from '../../../kernel/ids.js';
import { announce } from '../../../platform/event-bus/event-bus.js';
import type { ChangeScope, Sql } from '../../../platform/scope.js';
import type { AssignedIdChange } from '../../assigned-ids/assigned-id-log.service.js';
import type { ProjectEvent, ProjectLog } from '../../events/project-stream.service.js';
import type { WebhookEventType } from '../webhook-event-types.js';

/** An event as a host system is told of it. */
export interface Told {
  readonly type: WebhookEventType;
  /** What it is about. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A log that webhooks tell of. */
export interface WebhookLog {
  /** Begins the ids of its events. */
  readonly name: string;
  /** Among events of one transaction. */
  readonly rank: number;
  readonly log: ProjectLog;
  /** In the order of the events. What is told does not change afterwards, so that a replay tells the same. */
  tell(sql: Sql, events: readonly ProjectEvent[]): Promise<readonly Told[]>;
}

type EnrolmentEvent = ProjectEvent & {
  readonly enrolmentId: EnrolmentId;
  readonly status: string;
  readonly step: number;
};
interface EnrolmentFacts {
  readonly id: EnrolmentId;
  readonly userId: UserId | null;
  readonly externalId: string | null;
  readonly channel: string | null;
  readonly profileId: ProfileId | null;
  readonly failure: string | null;
}

const ENROLMENT_FACTS = `
  SELECT e.id, e.user_id AS "userId", u.external_id AS "externalId", e.channel, e.profile_id AS "profileId",
    e.failure_code AS failure
  FROM enrolment e LEFT JOIN app_user u ON u.id = e.user_id WHERE e.id = ANY($1)`;

const NOTHING_KNOWN = {
  userId: null,
  externalId: null,
  channel: null,
  profileId: null,
  failure: null,
} as const;

/** Each step of each order. */
const ENROLMENTS: WebhookLog = {
  name: 'enrolment',
  rank: 1,
  log: {
    name: 'webhook-enrolment',
    table: 'enrolment_event',
    number: 'log_number',
    columns: 'enrolment_id AS "enrolmentId", status, number AS step',
  },
  tell: async (sql, events) => {
    const steps = events as readonly EnrolmentEvent[];
    const ids = [...new Set(steps.map(({ enrolmentId }) => enrolmentId))];
    const rows = await sql<EnrolmentFacts>('webhook-logs.enrolments', ENROLMENT_FACTS, [ids]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return steps.map((step) => enrolmentTold(step, byId.get(step.enrolmentId)));
  },
};

function enrolmentTold(
  { enrolmentId, projectId, status, step }: EnrolmentEvent,
  { userId, externalId, channel, ...facts }: Omit<EnrolmentFacts, 'id'> = NOTHING_KNOWN,
): Told {
  return {
    type: `enrolment.${status.toLowerCase().replaceAll('_', '-')}` as WebhookEventType,
    subject: enrolmentId,
    data: {
      ...{ projectId, enrolmentId, step, status, userId, externalId, channel },
      // Only the last step knows: earlier ones are told the same whenever they are told.
      profileId: status === 'ACTIVE' ? facts.profileId : null,
      failure: status === 'FAILED' ? facts.failure : null,
    },
  };
}

type AssignedIdStep = ProjectEvent & {
  readonly assignedIdId: AssignedIdId;
  readonly kind: AssignedIdChange['kind'];
  readonly profileId: ProfileId;
};
interface AssignedIdFacts {
  readonly id: AssignedIdId;
  readonly value: string;
  readonly hostReference: string | null;
}

const ASSIGNED_ID_FACTS = `
  SELECT id, value, host_reference AS "hostReference" FROM assigned_id WHERE id = ANY($1)`;

/** What became of assigned IDs. */
const ASSIGNED_IDS: WebhookLog = {
  name: 'assigned-id',
  rank: 2,
  log: {
    name: 'webhook-assigned-id',
    table: 'assigned_id_event',
    number: 'number',
    columns: 'assigned_id AS "assignedIdId", kind, profile_id AS "profileId"',
  },
  tell: async (sql, events) => {
    const steps = events as readonly AssignedIdStep[];
    const ids = [...new Set(steps.map(({ assignedIdId }) => assignedIdId))];
    const rows = await sql<AssignedIdFacts>('webhook-logs.assigned-ids', ASSIGNED_ID_FACTS, [ids]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return steps.map(({ projectId, assignedIdId, kind, profileId }) => {
      const { value = null, hostReference = null } = byId.get(assignedIdId) ?? {};
      return {
        type: `assigned-id.${kind.toLowerCase()}` as WebhookEventType,
        subject: assignedIdId,
        data: {
          ...{ projectId, assignedId: value, profileId },
          hostReference: kind === 'CONFIRMED' ? hostReference : null,
        },
      };
    });
  },
};

type ProfileStep = ProjectEvent & { readonly profileId: ProfileId; readonly state: ProfileState };
type ProfileState = 'ACTIVE' | 'INACTIVE' | 'REVOKED' | 'EXPIRED';
interface ProfileFacts {
  readonly id: ProfileId;
  readonly enrolmentId: EnrolmentId;
  readonly userId: UserId | null;
  readonly externalId: string | null;
}

const PROFILE_TYPES = {
  ACTIVE: 'profile.reactivated',
  INACTIVE: 'profile.suspended',
  REVOKED: 'profile.revoked',
  EXPIRED: 'profile.expired',
} as const satisfies Record<ProfileState, WebhookEventType>;

const PROFILE_FACTS = `
  SELECT p.id, p.enrolment_id AS "enrolmentId", p.user_id AS "userId", u.external_id AS "externalId"
  FROM profile p LEFT JOIN app_user u ON u.id = p.user_id WHERE p.id = ANY($1)`;

/** What became of mobile IDs after they were made. */
const PROFILES: WebhookLog = {
  name: 'profile',
  rank: 3,
  log: {
    name: 'webhook-profile',
    table: 'profile_event',
    number: 'number',
    columns: 'profile_id AS "profileId", state',
  },
  tell: async (sql, events) => {
    const steps = events as readonly ProfileStep[];
    const ids = [...new Set(steps.map(({ profileId }) => profileId))];
    const rows = await sql<ProfileFacts>('webhook-logs.profiles', PROFILE_FACTS, [ids]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return steps.map(({ projectId, profileId, state }) => {
      const { enrolmentId = null, userId = null, externalId = null } = byId.get(profileId) ?? {};
      return {
        type: PROFILE_TYPES[state],
        subject: profileId,
        data: { projectId, profileId, enrolmentId, state, userId, externalId },
      };
    });
  },
};

/** In the order of their ranks. */
export const WEBHOOK_LOGS: readonly WebhookLog[] = [ENROLMENTS, ASSIGNED_IDS, PROFILES];

/** Only where the state is another than the one told last: an operator may suspend what its holder has suspended. */
const NOTE_PROFILES = `
  INSERT INTO profile_event (project_id, profile_id, state)
  SELECT p.project_id, p.id, $2 FROM profile p
  WHERE p.id = ANY($1) AND $2 IS DISTINCT FROM (
    SELECT v.state FROM profile_event v WHERE v.profile_id = p.id ORDER BY v.number DESC LIMIT 1)
  ORDER BY p.id RETURNING project_id AS "projectId"`;

/** Keeps the log of what becomes of mobile IDs. */
export class ProfileLogService {
  /** For the event `profilesMoved`: their rows are locked by whoever has moved them. */
  async note(
    scope: ChangeScope,
    { profileIds, to }: { readonly profileIds: readonly ProfileId[]; readonly to: string },
  ): Promise<void> {
    const noted = await scope.sql<{ projectId: ProjectId }>('profile-log.note', NOTE_PROFILES, [
      profileIds,
      to,
    ]);
    const projects = new Set(noted.map(({ projectId }) => projectId));
    await announce(scope, ...[...projects].map((id) => `project:${id}` as const));
  }
}
