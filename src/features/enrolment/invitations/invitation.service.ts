import { DomainError } from '../../../kernel/errors.js';
import type { EnrolmentId, MemberId, ProjectId, UserId } from '../../../kernel/ids.js';
import { loaderOf } from '../../../platform/loaders.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import { refusalOf, type AccessService } from '../../access/access.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { Membership, MemberService, ProjectMember } from '../../members/member.service.js';
import type { ProfileService } from '../../profiles/profile.service.js';
import type { DeliveryChannel, Project, ProjectService } from '../../projects/project.service.js';
import type { User, UserService } from '../../users/user.service.js';
import type { EnrolmentService, Enrolment } from '../enrolment.service.js';
import { OPEN_STATUSES } from '../enrolment-status.js';
import type { Orderer, OrderingService } from '../ordering/ordering.service.js';
import { invitationStatusOf, type InvitationStatus } from './invitation-status.js';
import { mayNotInvite, SUPPLYING } from './invitation-refusal.js';

interface Invited {
  readonly user: User;
  readonly project: Project;
  readonly channel: DeliveryChannel;
  readonly orderer?: Orderer;
}

/** Of members who have, or had, one; each by the index on user and project. */
const LATEST = `
  SELECT m.id AS "memberId", e.id FROM project_member m CROSS JOIN LATERAL (
    SELECT id FROM enrolment WHERE user_id = m.user_id AND project_id = m.project_id AND channel = ANY($2)
    ORDER BY created_at DESC, id DESC LIMIT 1) AS e
  WHERE m.id = ANY($1)`;
const BY_MESSAGE = ['EMAIL', 'SMS'];
const ANY_WAY = ['SCREEN', ...BY_MESSAGE];
/** There is a mobile ID that lasts, or an order under way; with $3, also an order that has led to one of those that are over. */
const PROVIDED = `
  SELECT 1 AS provided FROM enrolment WHERE user_id = $1 AND project_id = $2
    AND (status = ANY($4) OR ($3 AND status = 'ACTIVE'))
  UNION ALL
  SELECT 1 FROM profile WHERE user_id = $1 AND project_id = $2 AND state IN ('ACTIVE', 'INACTIVE') AND valid_to > now()
  LIMIT 1`;

/** Members get their mobile IDs by invitation: an order that goes to them by mail or text message. */
export class InvitationService {
  constructor(
    private readonly ports: {
      readonly members: MemberService;
      readonly users: UserService;
      readonly projects: ProjectService;
      readonly profiles: ProfileService;
      readonly enrolments: EnrolmentService;
      readonly ordering: OrderingService;
      readonly access: AccessService;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * Who was added to a project, where it can reach him by mail or text message, and he has no mobile ID there and awaits none.
   * @throws DomainError as {@link OrderingService.invite}, and where the actor may not supply mobile IDs
   */
  async inviteAdded(scope: ChangeScope, projectId: ProjectId, userId: UserId): Promise<void> {
    const memberships = await this.ports.members.ofUser(scope, userId);
    const membership = memberships.find((one) => one.projectId === projectId);
    const invited = membership && (await this.awaiting(scope, membership, 'ANY'));
    if (invited === undefined) return;
    await this.requireSupplying(scope);
    await this.ports.ordering.invite(scope, invited);
  }

  /**
   * A new invitation, at an operator's wish; an earlier one that is not finished is superseded.
   * @param channel the first that reaches him, if left out
   * @throws DomainError NOT_FOUND where he is no member; CHANNEL_NOT_AVAILABLE; as {@link OrderingService.invite}
   */
  async inviteMember(
    scope: ChangeScope,
    membership: Membership,
    channel: DeliveryChannel | null,
  ): Promise<ProjectMember> {
    const { member, user, project } = await this.ports.members.getLocked(scope, membership);
    const chosen = channel ?? this.ports.ordering.channelTo(project, user);
    if (chosen === undefined || chosen === 'SCREEN') {
      throw new DomainError('CHANNEL_NOT_AVAILABLE', { channel: chosen ?? null });
    }
    await this.ports.ordering.invite(scope, { user, project, channel: chosen });
    await this.ports.members.noteInvited(scope, member);
    return member;
  }

  /**
   * Who can be reached anew: what went to an address that is no longer the user's goes to the new one, and wherever he is a
   * member and never got further than an invitation, he is invited. It is ordered by whoever acts, if he may supply mobile IDs;
   * where Signet itself acts, by who had ordered what was cancelled.
   */
  async inviteAgain(
    scope: ChangeScope,
    userId: UserId,
    cancelled: readonly Enrolment[] = [],
  ): Promise<void> {
    const memberships = await this.ports.members.ofUser(scope, userId);
    if (memberships.length === 0 || !(await this.maySupply(scope))) return;
    for (const membership of memberships) {
      const earlier = cancelled.find(({ projectId }) => projectId === membership.projectId);
      const invited = await (earlier === undefined
        ? this.awaiting(scope, membership, 'FIRST')
        : this.again(scope, earlier, userId));
      if (invited !== undefined) await this.tryInvite(scope, invited);
    }
  }

  /** The latest order for a member, however it was delivered; read together with those of the others of this request. */
  latestOf(scope: Scope, { id }: Pick<ProjectMember, 'id'>): Promise<Enrolment | null> {
    return this.latest(scope, id, { name: 'latest-enrolment', channels: ANY_WAY });
  }

  /** Where the latest invitation of a member stands; null where there is none. */
  async statusFor(
    scope: Scope,
    { id }: Pick<ProjectMember, 'id'>,
  ): Promise<InvitationStatus | null> {
    const loaded = { name: 'latest-invitation', channels: BY_MESSAGE };
    const invitation = await this.latest(scope, id, loaded);
    return invitation && this.statusOf(scope, invitation);
  }

  /** Null for an order that was not sent by mail or text message. */
  async statusOf(scope: Scope, enrolment: Enrolment): Promise<InvitationStatus | null> {
    const { profileId } = enrolment;
    const mobileId = profileId === null ? null : await this.ports.profiles.load(scope, profileId);
    return invitationStatusOf(enrolment, mobileId, scope.now);
  }

  private async latest(
    scope: Scope,
    id: MemberId,
    { name, channels }: { readonly name: string; readonly channels: readonly string[] },
  ): Promise<Enrolment | null> {
    const loader = loaderOf(scope.request, name, async (ids: readonly MemberId[]) => {
      const rows = await scope.sql<{ memberId: MemberId; id: EnrolmentId }>(
        'invitation.latest-of-members',
        LATEST,
        [ids, channels],
      );
      const byMember = new Map(rows.map((row) => [row.memberId, row.id]));
      return ids.map((memberId) => byMember.get(memberId) ?? null);
    });
    const found = await loader.load(id);
    return found && this.ports.enrolments.load(scope, found);
  }

  /** Whom to invite, and how; undefined where he is provided for, or cannot be reached. `FIRST`: only to his first mobile ID. */
  private async awaiting(
    scope: ChangeScope,
    { projectId, userId, toBeInvited }: ProjectMember,
    which: 'FIRST' | 'ANY',
  ): Promise<Invited | undefined> {
    if (!toBeInvited) return undefined;
    const { users, projects } = this.ports;
    const user = await users.getLocked(scope, userId);
    const project = await projects.get(scope, projectId);
    const channel = this.ports.ordering.channelTo(project, user);
    if (user.state !== 'ACTIVE' || channel === undefined) return undefined;
    const values = [userId, projectId, which === 'FIRST', OPEN_STATUSES];
    const provided = await scope.sql('invitation.provided', PROVIDED, values);
    return provided.length === 0 ? { user, project, channel } : undefined;
  }

  /** The same way, if that still reaches him. */
  private async again(
    scope: ChangeScope,
    { projectId, channel: earlier, orderedBy }: Enrolment,
    userId: UserId,
  ): Promise<Invited | undefined> {
    const user = await this.ports.users.getLocked(scope, userId);
    const project = await this.ports.projects.get(scope, projectId);
    const channel = this.ports.ordering.channelTo(project, user, earlier);
    if (channel === undefined) return undefined;
    const invited = { user, project, channel };
    const isOwnDoing = scope.actor.kind === 'system';
    return isOwnDoing ? { ...invited, orderer: { id: orderedBy, sessionId: null } } : invited;
  }

  /** What follows from another change: where it is not possible, that change stands nevertheless. */
  private async tryInvite(scope: ChangeScope, invited: Invited): Promise<void> {
    try {
      await this.ports.ordering.invite(scope, invited);
    } catch (refusal) {
      if (!(refusal instanceof DomainError)) throw refusal;
      await this.ports.audit.record(scope, {
        action: 'enrolment.start',
        target: `project:${invited.project.id}`,
        outcome: 'REFUSED',
        detail: `user:${invited.user.id} ${refusal.code}`,
      });
    }
  }

  /** @throws DomainError with the refusal */
  private async requireSupplying(scope: Scope): Promise<void> {
    const decision = await this.ports.access.decide(scope, SUPPLYING, { isChange: true });
    const refusal = refusalOf(decision);
    if (refusal !== undefined) throw refusal.code === 'FORBIDDEN' ? mayNotInvite(scope) : refusal;
  }

  private async maySupply(scope: Scope): Promise<boolean> {
    const { outcome } = await this.ports.access.decide(scope, SUPPLYING, { isChange: true });
    return outcome === 'ALLOWED';
  }
}
