import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../../../kernel/actor.js';
import type { UnitOfWork } from '../../../../platform/scope.js';
import { Resource } from '../../../access/resource.types.js';
import type { IdentityProvider, IdentityProviderService } from './identity-provider.service.js';
import { IdentityProviderInput, IdentityProviderType } from './identity-provider.types.js';

@Resolver(() => IdentityProviderType)
export class IdentityProviderResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly providers: IdentityProviderService,
  ) {}

  @Resource('/admin/identity-providers')
  @Query(() => [IdentityProviderType], { description: 'All identity providers, by name.' })
  identityProviders(@Ctx() ctx: RequestContext): Promise<IdentityProvider[]> {
    return this.providers.list(this.work.read(ctx));
  }

  @Resource('/admin/identity-providers')
  @Mutation(() => IdentityProviderType, {
    description:
      'Adds a provider. INVALID_INPUT names each field that is not right; CONFLICT where the name is taken.',
  })
  createIdentityProvider(
    @Arg('input', () => IdentityProviderInput, { description: 'The provider.' })
    input: IdentityProviderInput,
    @Ctx() ctx: RequestContext,
  ): Promise<IdentityProvider> {
    return this.work.change(ctx, (scope) => this.providers.create(scope, input));
  }

  @Resource('/admin/identity-providers')
  @Mutation(() => IdentityProviderType, {
    description:
      'Changes a provider, at once. Where it is switched off, becomes another provider, loses a certificate or must authenticate otherwise, what was proven there counts no longer. CONFLICT where no administrator could get in any more.',
  })
  updateIdentityProvider(
    @Arg('id', () => ID, { description: 'Which provider.' }) id: string,
    @Arg('input', () => IdentityProviderInput, { description: 'The provider as it shall be.' })
    input: IdentityProviderInput,
    @Ctx() ctx: RequestContext,
  ): Promise<IdentityProvider> {
    return this.work.change(ctx, (scope) => this.providers.update(scope, id, input));
  }

  @Resource('/admin/identity-providers')
  @Mutation(() => Boolean, {
    description:
      'Takes a provider away for good; what was proven there counts no longer. CONFLICT where no administrator could get in any more.',
  })
  async deleteIdentityProvider(
    @Arg('id', () => ID, { description: 'Which provider.' }) id: string,
    @Ctx() ctx: RequestContext,
  ): Promise<boolean> {
    await this.work.change(ctx, (scope) => this.providers.delete(scope, id));
    return true;
  }

  @FieldResolver(() => String)
  metadataUrl(@Root() provider: IdentityProvider): string {
    return this.providers.urlsOf(provider).metadataUrl;
  }

  @FieldResolver(() => String)
  acsUrl(@Root() provider: IdentityProvider): string {
    return this.providers.urlsOf(provider).acsUrl;
  }
}
