import { Arg, Args, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import { DEFAULT_OVERLAP_SECONDS, type ApiClientService } from './api-client.service.js';
import {
  ApiClientSecretType,
  ApiClientType,
  CreateApiClientArgs,
  UpdateApiClientInput,
} from './api-client.types.js';

const CLIENT_ID = { description: 'Id of the client.' };

@Resolver()
export class ApiClientResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly service: ApiClientService,
  ) {}

  @Resource('/admin/api-clients')
  @Query(() => [ApiClientType], { description: 'All API clients, newest first.' })
  apiClients(@Ctx() ctx: RequestContext): Promise<ApiClientType[]> {
    return this.service.list(this.work.read(ctx));
  }

  @Resource('/admin/api-clients')
  @Mutation(() => ApiClientSecretType, {
    description: 'Adds a client. Its secret is shown this once.',
  })
  createApiClient(
    @Ctx() ctx: RequestContext,
    @Args(() => CreateApiClientArgs) input: CreateApiClientArgs,
  ): Promise<ApiClientSecretType> {
    return this.work.change(ctx, (scope) => this.service.create(scope, input));
  }

  @Resource('/admin/api-clients')
  @Mutation(() => ApiClientType, {
    description: 'Changes a client, in force at once also for tokens that were given out.',
  })
  updateApiClient(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, CLIENT_ID) id: string,
    @Arg('input', () => UpdateApiClientInput, { description: 'What changes.' })
    input: UpdateApiClientInput,
  ): Promise<ApiClientType> {
    return this.work.change(ctx, (scope) => this.service.update(scope, id, input));
  }

  @Resource('/admin/api-clients')
  @Mutation(() => ApiClientSecretType, {
    description:
      'Gives a client a new secret, shown this once; the earlier one goes on for a time.',
  })
  rotateApiClientSecret(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, CLIENT_ID) id: string,
    @Arg('overlapSeconds', () => Int, {
      defaultValue: DEFAULT_OVERLAP_SECONDS,
      description:
        'How long the earlier secret still counts: 24 hours unless said otherwise, seven days at most. 0 ends it at once, and every token that was given out with it.',
    })
    overlapSeconds: number,
  ): Promise<ApiClientSecretType> {
    return this.work.change(ctx, (scope) => this.service.rotateSecret(scope, id, overlapSeconds));
  }

  @Resource('/admin/api-clients')
  @Mutation(() => Boolean, {
    description:
      'Takes a client away for good: its tokens end, its sockets are closed, what it has ordered is cancelled.',
  })
  async deleteApiClient(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, CLIENT_ID) id: string,
  ): Promise<boolean> {
    await this.work.change(ctx, (scope) => this.service.delete(scope, id));
    return true;
  }
}
