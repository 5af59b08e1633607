import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import type { UserId } from '../../kernel/ids.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import { UserType } from '../users/user.types.js';
import type { SessionControl } from './session-control.service.js';
import { SessionType } from './session.types.js';

/** Also adds `User.sessions`: the field lives with the slice that owns the data. */
@Resolver(() => UserType)
export class SessionResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly control: SessionControl,
  ) {}

  @Resource('/account/sessions')
  @Query(() => [SessionType], {
    description: "The caller's own sessions, the last used first. Ended ones are not among them.",
  })
  mySessions(@Ctx() ctx: RequestContext): Promise<readonly SessionType[]> {
    return this.control.ofCaller(ctx);
  }

  @Resource('/account/sessions')
  @Mutation(() => Boolean, {
    description:
      "Ends one of the caller's own sessions and closes its sockets; the one that calls is signed out.",
  })
  async endMySession(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the session.' }) id: string,
  ): Promise<boolean> {
    const wasCurrent = await this.work.change(ctx, (scope) => this.control.endOwn(scope, id));
    if (wasCurrent) ctx.setSessionCookie(null);
    return true;
  }

  @Resource('/account/sessions')
  @Mutation(() => Int, {
    description:
      "Ends all of the caller's own sessions but the one that calls, and tells how many.",
  })
  endMyOtherSessions(@Ctx() ctx: RequestContext): Promise<number> {
    return this.work.change(ctx, (scope) => this.control.endOwnOthers(scope));
  }

  @Resource('/operator/sessions')
  @FieldResolver(() => [SessionType], {
    description: 'His sessions, the last used first. Ended ones are not among them.',
  })
  sessions(@Root() user: UserType, @Ctx() ctx: RequestContext): Promise<readonly SessionType[]> {
    return this.control.load(ctx, user.id as UserId);
  }

  @Resource('/operator/sessions')
  @Mutation(() => Boolean, {
    description:
      'Ends one session of a user and closes its sockets. Not of one with a role that the caller lacks.',
  })
  async endSession(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the session.' }) id: string,
  ): Promise<boolean> {
    await this.work.change(ctx, (scope) => this.control.endAny(scope, id));
    return true;
  }

  @Resource('/operator/sessions')
  @Mutation(() => Int, {
    description:
      'Ends all sessions of a user and tells how many. Not of one with a role that the caller lacks.',
  })
  endSessionsOfUser(
    @Ctx() ctx: RequestContext,
    @Arg('userId', () => ID, { description: 'Id of the user.' }) userId: string,
  ): Promise<number> {
    return this.work.change(ctx, (scope) => this.control.endAllOf(scope, userId));
  }
}
