import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import type { ApiClientId } from '../../../kernel/ids.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { Resource } from '../../access/resource.types.js';
import { ApiClientType } from '../api-client.types.js';
import type { ScimTokenService } from './scim-token.service.js';
import { CreateScimTokenArgs, NewScimTokenType, ScimTokenType } from './scim-token.types.js';

/** Adds `ApiClient.scimTokens`, which an API client does not see of itself. */
@Resolver(() => ApiClientType)
export class ScimTokenResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly service: ScimTokenService,
  ) {}

  @Resource('/admin/api-clients')
  @FieldResolver(() => [ScimTokenType], {
    description: 'Its long-lived tokens for SCIM, newest first. They need /admin/api-clients.',
  })
  scimTokens(
    @Root() client: ApiClientType,
    @Ctx() ctx: RequestContext,
  ): Promise<readonly ScimTokenType[]> {
    return this.service.ofClient(this.work.read(ctx), client.id as ApiClientId);
  }

  @Resource('/admin/api-clients')
  @Mutation(() => NewScimTokenType, {
    description:
      'A long-lived bearer token for a directory that knows no client credentials, shown this once. It stands for the client, with its scopes and projects as they are at each call, and opens nothing but SCIM. It ends when it runs out or is revoked, and when the client is disabled or deleted.',
  })
  createScimToken(
    @Ctx() ctx: RequestContext,
    @Args(() => CreateScimTokenArgs) input: CreateScimTokenArgs,
  ): Promise<NewScimTokenType> {
    return this.work.change(ctx, (scope) => this.service.create(scope, input));
  }

  @Resource('/admin/api-clients')
  @Mutation(() => Boolean, { description: 'Ends a SCIM token at once.' })
  async revokeScimToken(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the token.' }) id: string,
  ): Promise<boolean> {
    await this.work.change(ctx, (scope) => this.service.revoke(scope, id));
    return true;
  }
}
