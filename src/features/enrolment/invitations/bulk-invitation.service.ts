import type { ProjectId, UserId } from '../../../kernel/ids.js';
import { insertAll } from '../../../platform/database/bulk-insert.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import { refusalOf, type AccessService } from '../../access/access.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { Inviter } from '../../members/import/user-import.service.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { DeliveryChannel, Project } from '../../projects/project.service.js';
import type { User, UserService } from '../../users/user.service.js';
import { Enrolment } from '../enrolment.entity.js';
import type { EnrolmentLog } from '../enrolment-log.service.js';
import type { EnrolmentService } from '../enrolment.service.js';
import { OPEN_STATUSES } from '../enrolment-status.js';
import type { OrderingService } from '../ordering/ordering.service.js';

interface Reached {
  readonly user: User;
  readonly channel: DeliveryChannel;
}

const SUPPLYING = '/operator/mobile-id/supply';

/** Who has a mobile ID of the project that lasts, or an order under way. */
const PROVIDED = `
  SELECT user_id AS id FROM enrolment WHERE project_id = $1 AND user_id = ANY($2) AND status = ANY($3)
  UNION
  SELECT user_id FROM profile WHERE project_id = $1 AND user_id = ANY($2) AND state IN ('ACTIVE', 'INACTIVE') AND valid_to > now()`;

/** Whom a new address brings a new invitation: whose last one is void by it, or who was never reached. */
const INVITED_ANEW = `
  SELECT m.user_id AS id FROM project_member m JOIN app_user u ON u.id = m.user_id
  WHERE m.project_id = $1 AND m.user_id = ANY($2) AND m.removed_at IS NULL AND u.state = 'ACTIVE' AND (
    EXISTS (SELECT FROM enrolment e WHERE e.user_id = m.user_id AND e.project_id = $1 AND e.status = ANY($3)
      AND e.channel = 'EMAIL' AND e.ordered_by IS DISTINCT FROM m.user_id)
    OR (m.to_be_invited
      AND NOT EXISTS (SELECT FROM enrolment e WHERE e.user_id = m.user_id AND e.project_id = $1 AND e.status = ANY($3 || '{ACTIVE}'::text[]))
      AND NOT EXISTS (SELECT FROM profile p WHERE p.user_id = m.user_id AND p.project_id = $1
        AND p.state IN ('ACTIVE', 'INACTIVE') AND p.valid_to > now())))`;

/** Invitations by the thousand, to members whose rows the transaction holds; each is the order that {@link OrderingService.invite} would place. */
export class BulkInvitationService implements Inviter {
  constructor(
    private readonly ports: {
      readonly access: AccessService;
      readonly users: UserService;
      readonly enrolments: EnrolmentService;
      readonly log: EnrolmentLog;
      readonly ordering: OrderingService;
      readonly notifications: NotificationService;
      readonly audit: AuditService;
    },
  ) {}

  /** Why the actor may not invite; undefined where he may. */
  async refusal(scope: Scope): Promise<Error | undefined> {
    return refusalOf(await this.ports.access.decide(scope, SUPPLYING, { isChange: true }));
  }

  reachesNewcomers({ settings }: Project): boolean {
    return settings.channels.includes('EMAIL');
  }

  async awaiting(
    scope: Scope,
    project: Project,
    ids: readonly UserId[],
  ): Promise<ReadonlySet<UserId>> {
    return new Set((await this.reached(scope, project, ids)).map(({ user }) => user.id));
  }

  async invitedAnew(
    scope: Scope,
    { id }: Project,
    ids: readonly UserId[],
  ): Promise<ReadonlySet<UserId>> {
    const values = [id, ids, OPEN_STATUSES];
    const rows = await scope.sql<{ id: UserId }>('invitation.anew', INVITED_ANEW, values);
    return new Set(rows.map((row) => row.id));
  }

  async invite(scope: ChangeScope, project: Project, ids: readonly UserId[]): Promise<void> {
    const { ordering, enrolments, log, notifications, audit } = this.ports;
    const reached = await this.reached(scope, project, ids);
    for (const { user, channel } of reached) {
      if (channel !== 'EMAIL') await ordering.invite(scope, { user, project, channel });
    }
    const drafts = reached
      .filter(({ channel }) => channel === 'EMAIL')
      .map(({ user, channel }) => ordering.draft(scope, { user, project, channel }));
    if (drafts.length === 0) return;
    const drafted = drafts.map(({ id }) => id);
    await insertAll(scope, Enrolment, drafts);
    await enrolments.storeCodes(scope, drafts);
    await log.beginAll(scope, drafted);
    await notifications.notifyAll(scope, 'ENROLMENT_INVITATION', drafted, {
      projectId: project.id,
    });
    await audit.recordAll(
      scope,
      drafts.map(({ id, userId, certificates }) => ({
        action: 'enrolment.start',
        target: `enrolment:${id}`,
        detail: `user:${String(userId)} ${certificates.join(' ')}`,
      })),
    );
  }

  private async reached(
    scope: Scope,
    project: Project,
    ids: readonly UserId[],
  ): Promise<Reached[]> {
    const provided = await this.provided(scope, project.id, ids);
    const users = await this.ports.users.byIds(scope, ids);
    return users.flatMap((user) => {
      if (user?.state !== 'ACTIVE' || provided.has(user.id)) return [];
      const channel = this.ports.ordering.channelTo(project, user);
      return channel === undefined ? [] : [{ user, channel }];
    });
  }

  private async provided(
    scope: Scope,
    projectId: ProjectId,
    ids: readonly UserId[],
  ): Promise<ReadonlySet<UserId>> {
    const values = [projectId, ids, OPEN_STATUSES];
    const rows = await scope.sql<{ id: UserId }>('invitation.provided-of-many', PROVIDED, values);
    return new Set(rows.map((row) => row.id));
  }
}
