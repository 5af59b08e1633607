import { Arg, Args, ArgsType, Ctx, Field, ID, Mutation, Resolver } from 'type-graphql';
import type { RequestContext, UserActor } from '../../kernel/actor.js';
import { DomainError } from '../../kernel/errors.js';
import type { RateLimits } from '../../platform/rate-limits.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import type { ProfileControl } from './profile-control.service.js';
import { MobileIdProfileType, RevocationCauseEnum } from './profile.types.js';
import type { RevocationCause } from './revocation-cause.js';

interface Services {
  readonly work: UnitOfWork;
  readonly profileControl: ProfileControl;
  readonly limits: RateLimits;
}

const PROFILE_ID = { description: 'Id of the mobile ID.' };
const REASON = { nullable: true, description: 'For the audit log. Up to 500 characters.' };

@ArgsType()
class SuspensionArgs {
  @Field(() => ID, PROFILE_ID)
  id!: string;

  @Field(() => String, REASON)
  reason?: string | null;
}

@ArgsType()
class RevocationArgs extends SuspensionArgs {
  @Field(() => RevocationCauseEnum, {
    nullable: true,
    description: 'What relying parties are told. UNSPECIFIED, if left out.',
  })
  cause?: RevocationCause | null;
}

/** What ends, suspends and reactivates a mobile ID. */
@Resolver()
export class ProfileControlResolver {
  constructor(private readonly services: Services) {}

  @Resource('/mobile-id/revoke')
  @Mutation(() => MobileIdProfileType, {
    description:
      "Revokes one of the caller's own mobile IDs, and its certificates, for good. What was proven with it does not count.",
  })
  async revokeMyProfile(
    @Ctx() ctx: RequestContext,
    @Args(() => RevocationArgs) { id, ...revocation }: RevocationArgs,
  ): Promise<MobileIdProfileType> {
    const { work, profileControl } = this.services;
    const actor = await this.counted(ctx);
    return work.change(ctx, (scope) => profileControl.revokeOwn(scope, actor, id, revocation));
  }

  @Resource('/mobile-id/deactivate')
  @Mutation(() => MobileIdProfileType, {
    description:
      "Suspends one of the caller's own mobile IDs, its certificates on hold, until reactivateMyProfile. What was proven with it does not count.",
  })
  async deactivateMyProfile(
    @Ctx() ctx: RequestContext,
    @Args(() => SuspensionArgs) { id, reason }: SuspensionArgs,
  ): Promise<MobileIdProfileType> {
    const { work, profileControl } = this.services;
    const actor = await this.counted(ctx);
    return work.change(ctx, (scope) => profileControl.deactivateOwn(scope, actor, id, reason));
  }

  @Resource('/mobile-id/deactivate')
  @Mutation(() => MobileIdProfileType, {
    description:
      "Takes back the suspension of one of the caller's own mobile IDs. It needs what ordering one needs (/mobile-id/get) as well, proven without this mobile ID. FORBIDDEN with `reason` SUSPENDED_BY_OPERATOR where an operator has suspended it, REMOVED_FROM_PROJECT where the caller was removed from the project.",
  })
  async reactivateMyProfile(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, PROFILE_ID) id: string,
  ): Promise<MobileIdProfileType> {
    const { work, profileControl } = this.services;
    const actor = await this.counted(ctx);
    return work.change(ctx, (scope) => profileControl.reactivateOwn(scope, actor, id));
  }

  @Resource('/operator/profiles')
  @Mutation(() => MobileIdProfileType, {
    description:
      'Revokes a mobile ID, and its certificates, for good. Its holder must hold no role that the caller lacks.',
  })
  revokeProfile(
    @Ctx() ctx: RequestContext,
    @Args(() => RevocationArgs) { id, ...revocation }: RevocationArgs,
  ): Promise<MobileIdProfileType> {
    const { work, profileControl } = this.services;
    return work.change(ctx, (scope) => profileControl.revoke(scope, id, revocation));
  }

  @Resource('/operator/profiles')
  @Mutation(() => MobileIdProfileType, {
    description:
      'Suspends a mobile ID, its certificates on hold, until reactivateProfile. Its holder must hold no role that the caller lacks.',
  })
  deactivateProfile(
    @Ctx() ctx: RequestContext,
    @Args(() => SuspensionArgs) { id, reason }: SuspensionArgs,
  ): Promise<MobileIdProfileType> {
    const { work, profileControl } = this.services;
    return work.change(ctx, (scope) => profileControl.deactivate(scope, id, reason));
  }

  @Resource('/operator/profiles')
  @Mutation(() => MobileIdProfileType, {
    description:
      "Takes back the suspension of a mobile ID, whoever has suspended it. FORBIDDEN with `reason` OWN_ACCOUNT for the caller's own, REMOVED_FROM_PROJECT where its user was removed from the project; USER_NOT_ACTIVE while its user is deactivated.",
  })
  reactivateProfile(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, PROFILE_ID) id: string,
  ): Promise<MobileIdProfileType> {
    const { work, profileControl } = this.services;
    return work.change(ctx, (scope) => profileControl.reactivate(scope, id));
  }

  private async counted({ actor }: RequestContext): Promise<UserActor> {
    if (actor.kind !== 'user') throw new DomainError('UNAUTHENTICATED');
    await this.services.limits.take('profile/change', actor.userId);
    return actor;
  }
}
