import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import {
  AssignedIdConnectionType,
  AssignedIdsArgs,
  AssignedIdType,
  ConfirmedIdArgs,
  LookedUpIdArgs,
  NamedIdArgs,
} from './assigned-id.types.js';
import type { HostConfirmationService } from './confirmations/host-confirmation.service.js';
import type { AssignedIdListService } from './lists/assigned-id-list.service.js';

interface Services {
  readonly work: UnitOfWork;
  readonly assignedIdLists: AssignedIdListService;
  readonly hostConfirmations: HostConfirmationService;
}

/** Assigned IDs for operators and host systems. */
@Resolver()
export class AssignedIdResolver {
  constructor(private readonly services: Services) {}

  @Resource('/operator/assigned-ids')
  @Query(() => AssignedIdType, {
    nullable: true,
    description:
      'One assigned ID: whether it is registered at the host system, and when its phone was last seen. Null where no phone was ever assigned it. WRONG_PROJECT_MODE in a MANAGED project.',
  })
  async assignedId(
    @Ctx() ctx: RequestContext,
    @Args(() => LookedUpIdArgs) named: LookedUpIdArgs,
  ): Promise<AssignedIdType | null> {
    const { work, hostConfirmations } = this.services;
    return (await hostConfirmations.look(work.read(ctx), named)) ?? null;
  }

  @Resource('/operator/assigned-ids')
  @Query(() => AssignedIdConnectionType, {
    description:
      'Assigned IDs of a project, the highest number first: all, or those that are asked for by value, reference, state or search. WRONG_PROJECT_MODE in a MANAGED project.',
  })
  assignedIds(
    @Ctx() ctx: RequestContext,
    @Arg('projectId', () => ID, { description: 'Id of the project.' }) projectId: string,
    @Args(() => AssignedIdsArgs) { first, after, ...filter }: AssignedIdsArgs,
  ): Promise<AssignedIdConnectionType> {
    const { work, assignedIdLists } = this.services;
    return assignedIdLists.list(work.read(ctx), projectId, filter, { first: first ?? 50, after });
  }

  @Resource('/operator/assigned-ids')
  @Mutation(() => AssignedIdType, {
    description:
      'The host system says which of its users an assigned ID belongs to. Said again, it changes nothing; CONFLICT with another reference, INVALID_TRANSITION of an ID that is revoked.',
  })
  confirmAssignedId(
    @Ctx() ctx: RequestContext,
    @Args(() => ConfirmedIdArgs) confirmation: ConfirmedIdArgs,
  ): Promise<AssignedIdType> {
    const { work, hostConfirmations } = this.services;
    return work.change(ctx, (scope) => hostConfirmations.confirm(scope, confirmation));
  }

  @Resource('/operator/assigned-ids')
  @Mutation(() => AssignedIdType, {
    description:
      'The host system takes its confirmation back: the ID is ASSIGNED again, and may be confirmed with another reference. Said again, it changes nothing; INVALID_TRANSITION of an ID that is revoked.',
  })
  unconfirmAssignedId(
    @Ctx() ctx: RequestContext,
    @Args(() => NamedIdArgs) named: NamedIdArgs,
  ): Promise<AssignedIdType> {
    const { work, hostConfirmations } = this.services;
    return work.change(ctx, (scope) => hostConfirmations.unconfirm(scope, named));
  }

  @Resource('/operator/profiles')
  @Mutation(() => AssignedIdType, {
    description:
      'Revokes an assigned ID for good, and its mobile ID with its certificates. Nobody gets it again: its phone, should it scan the activation code once more, gets the next one. Said again, it changes nothing.',
  })
  revokeAssignedId(
    @Ctx() ctx: RequestContext,
    @Args(() => NamedIdArgs) named: NamedIdArgs,
    @Arg('reason', () => String, {
      nullable: true,
      description: 'For the audit log. Up to 500 characters.',
    })
    reason: string | null,
  ): Promise<AssignedIdType> {
    const { work, hostConfirmations } = this.services;
    return work.change(ctx, (scope) => hostConfirmations.revoke(scope, named, reason));
  }
}
