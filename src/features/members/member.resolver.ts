import { Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { actorIdOf, type RequestContext } from '../../kernel/actor.js';
import { DomainError, invalidInput } from '../../kernel/errors.js';
import { parseId, type UserId } from '../../kernel/ids.js';
import { loaderOf } from '../../platform/loaders.js';
import type { RateLimits } from '../../platform/rate-limits.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import { ProjectType } from '../projects/project.types.js';
import type { Project } from '../projects/project.service.js';
import type { UserService } from '../users/user.service.js';
import { UserType } from '../users/user.types.js';
import type { MemberKey, MemberService, ProjectMember } from './member.service.js';
import {
  AddMemberArgs,
  MemberIdsArgs,
  MemberKeyArgs,
  MembersArgs,
  MembershipArgs,
  ProjectMemberConnectionType,
  ProjectMemberType,
} from './member.types.js';

interface Services {
  readonly work: UnitOfWork;
  readonly members: MemberService;
  readonly users: UserService;
  readonly limits: RateLimits;
}

@Resolver(() => ProjectMemberType)
export class MemberResolver {
  constructor(private readonly services: Services) {}

  @Resource('/operator/projects')
  @Mutation(() => ProjectMemberType, {
    description:
      'Adds a user to a MANAGED project, and invites him. He must hold no role that the caller lacks. Added again, he gets back the mobile IDs that his removal had suspended. CONFLICT where he is a member by other IDs already (`reason` ALREADY_MEMBER), or one of them is taken.',
  })
  async addProjectMember(
    @Ctx() ctx: RequestContext,
    @Args(() => AddMemberArgs) member: AddMemberArgs,
  ): Promise<ProjectMemberType> {
    const { work, members } = this.services;
    await this.counted(ctx, member);
    return work.change(ctx, (scope) => members.add(scope, member));
  }

  @Resource('/operator/projects')
  @Mutation(() => ProjectMemberType, {
    description:
      'Changes the IDs that other systems know a member by. What is left out stays as it is; null clears. CONFLICT where another member has one of them.',
  })
  updateProjectMember(
    @Ctx() ctx: RequestContext,
    @Args(() => MemberIdsArgs) { projectId, userId, ...changes }: MemberIdsArgs,
  ): Promise<ProjectMemberType> {
    const { work, members } = this.services;
    return work.change(ctx, (scope) => members.update(scope, { projectId, userId }, changes));
  }

  @Resource('/operator/projects')
  @Mutation(() => Boolean, {
    description:
      'Removes a user from a MANAGED project: his orders there are cancelled, his mobile IDs suspended until he is added again, and he is told by mail. He must hold no role that the caller lacks.',
  })
  async removeProjectMember(
    @Ctx() ctx: RequestContext,
    @Args(() => MembershipArgs) membership: MembershipArgs,
  ): Promise<boolean> {
    const { work, members } = this.services;
    await this.counted(ctx, membership);
    await work.change(ctx, (scope) => members.remove(scope, membership));
    return true;
  }

  @Resource('/operator/users')
  @FieldResolver(() => UserType, { description: 'Who it is.' })
  user(
    @Root() { userId }: Pick<ProjectMember, 'userId'>,
    @Ctx() ctx: RequestContext,
  ): Promise<UserType> {
    const { work, users } = this.services;
    const loader = loaderOf<UserId, UserType>(ctx, 'user-of-member', async (ids) =>
      (await users.byIds(work.read(ctx), ids)).map((user) => user ?? new DomainError('NOT_FOUND')),
    );
    return loader.load(userId);
  }

  /** Each of them sends mails to the user. */
  private async counted({ actor }: RequestContext, { userId }: MembershipArgs): Promise<void> {
    const user = parseId<UserId>(userId);
    if (user === undefined) throw new DomainError('NOT_FOUND');
    await this.services.limits.take('enrolment/start', `${actorIdOf(actor) ?? ''} ${user}`);
  }
}

/** Adds the members to projects. */
@Resolver(() => ProjectType)
export class ProjectMembersResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly service: MemberService,
  ) {}

  @Resource('/operator/users')
  @FieldResolver(() => ProjectMemberConnectionType, {
    nullable: true,
    description: 'Its members, newest first. Only for MANAGED.',
  })
  async members(
    @Root() { id, mode }: Project,
    @Ctx() ctx: RequestContext,
    @Args(() => MembersArgs) { first, after, search }: MembersArgs,
  ): Promise<ProjectMemberConnectionType | null> {
    if (mode !== 'MANAGED') return null;
    return this.service.list(this.work.read(ctx), id, { first: first ?? 50, after, search });
  }

  @Resource('/operator/users')
  @FieldResolver(() => ProjectMemberType, {
    nullable: true,
    description: 'One member, by exactly one of the three keys; null where there is none.',
  })
  async member(
    @Root() { id }: Project,
    @Ctx() ctx: RequestContext,
    @Args(() => MemberKeyArgs) { userId, hostId, syncId }: MemberKeyArgs,
  ): Promise<ProjectMemberType | null> {
    const [key, ...others] = Object.entries({ userId, hostId, syncId }).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name as MemberKey, value] as const] : [],
    );
    if (key === undefined || others.length > 0) {
      throw invalidInput('userId', 'Give exactly one of userId, hostId and syncId.');
    }
    return (await this.service.find(this.work.read(ctx), id, key)) ?? null;
  }
}
