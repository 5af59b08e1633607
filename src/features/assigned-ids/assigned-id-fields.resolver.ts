import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import type { AssignedIdId, ProfileId } from '../../kernel/ids.js';
import type { UnitOfWork } from '../../platform/scope.js';
import type { AccessService } from '../access/access.service.js';
import { Resource } from '../access/resource.types.js';
import type { ProfileService } from '../profiles/profile.service.js';
import { MobileIdProfileType } from '../profiles/profile.types.js';
import type { Project } from '../projects/project.service.js';
import { ProjectType } from '../projects/project.types.js';
import type { AssignedIdService } from './assigned-id.service.js';
import {
  AssignedIdConnectionType,
  AssignedIdEventType,
  AssignedIdsArgs,
  AssignedIdType,
} from './assigned-id.types.js';
import type { RegistrationLinkService } from './confirmations/registration-link.service.js';
import type { AssignedIdListService } from './lists/assigned-id-list.service.js';

interface Services {
  readonly work: UnitOfWork;
  readonly access: AccessService;
  readonly profiles: ProfileService;
  readonly assignedIds: AssignedIdService;
  readonly assignedIdLists: AssignedIdListService;
  readonly registrationLinks: RegistrationLinkService;
}

@Resolver(() => AssignedIdType)
export class AssignedIdFieldsResolver {
  constructor(private readonly services: Services) {}

  @FieldResolver(() => MobileIdProfileType, {
    description:
      'The mobile ID that it stands for now; `state` says whether it can be used, `device` on which phone it is.',
  })
  profile(
    @Root() { profileId }: AssignedIdType,
    @Ctx() ctx: RequestContext,
  ): Promise<MobileIdProfileType> {
    const { work, profiles } = this.services;
    return profiles.load(work.read(ctx), profileId);
  }
}

@Resolver(() => AssignedIdEventType)
export class AssignedIdEventFieldsResolver {
  constructor(private readonly services: Services) {}

  @FieldResolver(() => AssignedIdType, { description: 'The ID, as it stands now.' })
  assignedId(
    @Root() { assignedIdId }: AssignedIdEventType,
    @Ctx() ctx: RequestContext,
  ): Promise<AssignedIdType> {
    const { work, assignedIds } = this.services;
    return assignedIds.load(work.read(ctx), assignedIdId as AssignedIdId);
  }
}

/** Adds `Project.assignedIds`: the field lives with the slice that owns the data. */
@Resolver(() => ProjectType)
export class ProjectAssignedIdsResolver {
  constructor(private readonly services: Services) {}

  @Resource('/operator/assigned-ids')
  @FieldResolver(() => AssignedIdConnectionType, {
    nullable: true,
    name: 'assignedIds',
    description:
      'The IDs that phones were assigned, the highest number first. Only for SELF_REGISTRATION; null for others.',
  })
  async assignedIdsOf(
    @Root() project: ProjectType,
    @Ctx() ctx: RequestContext,
    @Args(() => AssignedIdsArgs) { first, after, ...filter }: AssignedIdsArgs,
  ): Promise<AssignedIdConnectionType | null> {
    const { id, mode } = project as Project;
    if (mode !== 'SELF_REGISTRATION') return null;
    const { work, assignedIdLists } = this.services;
    const request = { first: first ?? 50, after };
    return assignedIdLists.ofProject(work.read(ctx), { id }, filter, request);
  }
}

/** Adds what the phone shows of its ID to the mobile ID. */
@Resolver(() => MobileIdProfileType)
export class ProfileAssignedIdResolver {
  constructor(private readonly services: Services) {}

  @FieldResolver(() => AssignedIdType, {
    nullable: true,
    name: 'assignedId',
    description:
      'The ID that its phone was assigned; only in a SELF_REGISTRATION project. API clients need what /operator/assigned-ids asks for.',
  })
  async assignedIdOf(
    @Root() { id }: MobileIdProfileType,
    @Ctx() ctx: RequestContext,
  ): Promise<AssignedIdType | null> {
    const { work, access, assignedIds } = this.services;
    const scope = work.read(ctx);
    const found = await assignedIds.loadOfProfile(scope, id as ProfileId);
    if (found === null) return null;
    // Phones see what is theirs by the token that got them here.
    if (ctx.actor.kind !== 'anonymous') await access.require(scope, '/operator/assigned-ids');
    return found;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Where its holder registers the assigned ID with the host system. Null where the project has no such page, and, where the link proves who has the ID, for everybody but the phone.',
  })
  async registrationUrl(
    @Root() { id }: MobileIdProfileType,
    @Ctx() ctx: RequestContext,
  ): Promise<string | null> {
    const { work, assignedIds, registrationLinks } = this.services;
    const scope = work.read(ctx);
    const found = await assignedIds.loadOfProfile(scope, id as ProfileId);
    return found && registrationLinks.urlFor(scope, found);
  }
}
