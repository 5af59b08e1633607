import { Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { actorIdOf, type RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { parseId, type UserId } from '../../../kernel/ids.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { Resource } from '../../access/resource.types.js';
import type { ProjectMember } from '../../members/member.service.js';
import { ProjectMemberType } from '../../members/member.types.js';
import type { Enrolment } from '../enrolment.service.js';
import { EnrolmentType } from '../enrolment.types.js';
import type { InvitationStatus } from './invitation-status.js';
import type { InvitationService } from './invitation.service.js';
import { InvitationStatusEnum, InviteArgs } from './invitation.types.js';

interface Services {
  readonly work: UnitOfWork;
  readonly invitations: InvitationService;
  readonly limits: RateLimits;
}

/** Invitations of members, and where they stand. */
@Resolver(() => ProjectMemberType)
export class InvitationResolver {
  constructor(private readonly services: Services) {}

  @Resource('/operator/mobile-id/supply')
  @Mutation(() => ProjectMemberType, {
    description:
      'Sends a member a new invitation. An earlier one that is not finished, or an order of his own, is superseded and says so when it is scanned. He must hold no role that the caller lacks.',
  })
  async inviteProjectMember(
    @Ctx() ctx: RequestContext,
    @Args(() => InviteArgs) { projectId, userId, channel }: InviteArgs,
  ): Promise<ProjectMemberType> {
    const { work, invitations, limits } = this.services;
    const user = parseId<UserId>(userId);
    if (user === undefined) throw new DomainError('NOT_FOUND');
    await limits.take('enrolment/start', `${actorIdOf(ctx.actor) ?? ''} ${user}`);
    return work.change(ctx, (scope) =>
      invitations.inviteMember(scope, { projectId, userId: user }, channel ?? null),
    );
  }

  @Resource('/operator/enrolments')
  @FieldResolver(() => EnrolmentType, {
    nullable: true,
    description: 'His latest order in this project, whoever placed it; null for none.',
  })
  latestEnrolment(
    @Root() member: ProjectMember,
    @Ctx() ctx: RequestContext,
  ): Promise<EnrolmentType | null> {
    const { work, invitations } = this.services;
    return invitations.latestOf(work.read(ctx), member);
  }

  @Resource('/operator/enrolments')
  @FieldResolver(() => InvitationStatusEnum, {
    nullable: true,
    description: 'Where his latest invitation stands; null where he was not invited.',
  })
  invitation(
    @Root() member: ProjectMember,
    @Ctx() ctx: RequestContext,
  ): Promise<InvitationStatus | null> {
    const { work, invitations } = this.services;
    return invitations.statusFor(work.read(ctx), member);
  }
}

/** Adds to orders where the invitation stands that they are. */
@Resolver(() => EnrolmentType)
export class EnrolmentInvitationResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly invitations: InvitationService,
  ) {}

  @FieldResolver(() => InvitationStatusEnum, {
    nullable: true,
    description: 'Where the invitation stands; null unless it goes by mail or text message.',
  })
  invitation(@Root() row: Enrolment, @Ctx() ctx: RequestContext): Promise<InvitationStatus | null> {
    return this.invitations.statusOf(this.work.read(ctx), row);
  }
}
