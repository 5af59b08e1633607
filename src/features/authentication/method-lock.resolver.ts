import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';
import type { AuthenticationMethod, RequestContext } from '../../kernel/actor.js';
import type { UserId } from '../../kernel/ids.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { AuthenticationMethodEnum } from '../access/identity.types.js';
import { Resource } from '../access/resource.types.js';
import { UserType } from '../users/user.types.js';
import type { MethodLockService } from './method-lock.service.js';
import { MethodLockType } from './method-lock.types.js';

/** Adds `User.methodLocks`: the field lives with the slice that owns the data. */
@Resolver(() => UserType)
export class MethodLockResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly locks: MethodLockService,
  ) {}

  @Resource('/operator/users')
  @FieldResolver(() => [MethodLockType], {
    description:
      'The methods at which something was tried in vain lately, one entry for each. Of PASSWORD, which is counted by account and by address, that which is locked, or nearest to it.',
  })
  methodLocks(
    @Root() user: UserType,
    @Ctx() ctx: RequestContext,
  ): Promise<readonly MethodLockType[]> {
    return this.locks.load(ctx, user.id as UserId);
  }

  @Resource('/operator/users')
  @Mutation(() => UserType, {
    description:
      'Forgets the failed attempts of a user at one method, so that it can be used again. Not for oneself, nor for one with a role that the caller lacks.',
  })
  unlockMethod(
    @Ctx() ctx: RequestContext,
    @Arg('userId', () => ID, { description: 'Id of the user.' }) userId: string,
    @Arg('method', () => AuthenticationMethodEnum, { description: 'The method to be unlocked.' })
    method: AuthenticationMethod,
  ): Promise<UserType> {
    return this.work.change(ctx, (scope) => this.locks.unlock(scope, userId, method));
  }
}
