import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext, Role } from '../../kernel/actor.js';
import { invalidInput } from '../../kernel/errors.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { RoleEnum } from '../access/identity.types.js';
import { Resource } from '../access/resource.types.js';
import type { UserService } from './user.service.js';
import {
  CreateUserInput,
  UpdateUserInput,
  UserConnectionType,
  UsersArgs,
  UserType,
} from './user.types.js';

const USER_ID = { description: 'Id of the user.' };

@Resolver(() => UserType)
export class UserResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly service: UserService,
  ) {}

  @Resource('/operator/users')
  @Query(() => UserConnectionType, {
    description:
      'Users, newest first. An API client that is limited to projects sees those who are members there, or have a mobile ID.',
  })
  users(
    @Ctx() ctx: RequestContext,
    @Args(() => UsersArgs) { first, after, search }: UsersArgs,
  ): Promise<UserConnectionType> {
    return this.service.list(this.work.read(ctx), { first: first ?? 20, after, search });
  }

  @Resource('/operator/users')
  @Query(() => UserType, {
    nullable: true,
    description: 'One user, by exactly one of the two keys; null where there is none.',
  })
  async user(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { nullable: true, ...USER_ID }) id: string | null,
    @Arg('externalId', () => String, { nullable: true, description: "The host system's key." })
    externalId: string | null,
  ): Promise<UserType | null> {
    const scope = this.work.read(ctx);
    const [byId, byExternalId] = [id ?? undefined, externalId ?? undefined];
    if (byId !== undefined && byExternalId === undefined) {
      return (await this.service.findWithinReach(scope, byId)) ?? null;
    }
    if (byExternalId !== undefined && byId === undefined) {
      return (await this.service.findByExternalId(scope, byExternalId)) ?? null;
    }
    throw invalidInput('id', 'Give either id or externalId.');
  }

  @Resource('/operator/users')
  @Mutation(() => UserType, { description: 'Adds a user, without any role but USER.' })
  createUser(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateUserInput, { description: 'The user.' }) input: CreateUserInput,
  ): Promise<UserType> {
    return this.work.change(ctx, (scope) => this.service.create(scope, input));
  }

  @Resource('/operator/users')
  @Mutation(() => UserType, {
    description:
      'Changes what is known of a user. As all changes, not of one with a role that the caller lacks; the addresses of another operator are changed by administrators only.',
  })
  updateUser(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, USER_ID) id: string,
    @Arg('input', () => UpdateUserInput, { description: 'What changes.' }) input: UpdateUserInput,
  ): Promise<UserType> {
    return this.work.change(ctx, (scope) => this.service.update(scope, id, input));
  }

  @Resource('/operator/users')
  @Mutation(() => UserType, {
    description:
      'Until activated again, the user cannot sign in and his mobile IDs cannot be used. Not for oneself, nor the last administrator.',
  })
  deactivateUser(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, USER_ID) id: string,
    @Arg('reason', () => String, { nullable: true, description: 'For the audit log.' })
    reason: string | null,
  ): Promise<UserType> {
    return this.work.change(ctx, (scope) => this.service.deactivate(scope, id, reason));
  }

  @Resource('/operator/users')
  @Mutation(() => UserType, { description: 'From REGISTERED or INACTIVE.' })
  activateUser(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, USER_ID) id: string,
  ): Promise<UserType> {
    return this.work.change(ctx, (scope) => this.service.activate(scope, id));
  }

  @Resource('/operator/users')
  @Mutation(() => UserType, {
    description:
      'Final: profiles and certificates are revoked, sessions ended, roles withdrawn. Not for oneself, nor the last administrator.',
  })
  lockUser(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, USER_ID) id: string,
    @Arg('reason', () => String, { description: 'For the audit log; at most 500 characters.' })
    reason: string,
  ): Promise<UserType> {
    return this.work.change(ctx, (scope) => this.service.lock(scope, id, reason));
  }

  @Resource('/admin/users')
  @Mutation(() => UserType, {
    description: 'Replaces the roles of a user. The last administrator keeps his.',
  })
  setUserRoles(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, USER_ID) id: string,
    @Arg('roles', () => [RoleEnum], { description: 'All roles that the user is to hold.' })
    roles: Role[],
  ): Promise<UserType> {
    return this.work.change(ctx, (scope) => this.service.setRoles(scope, id, roles));
  }
}
