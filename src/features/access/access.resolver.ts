import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { AccessDecisionType } from './access-decision.types.js';
import type { AccessRuleService } from './access-rule.service.js';
import { AccessRuleInput, AccessRuleType, UpdateAccessRuleInput } from './access-rule.types.js';
import type { AccessService } from './access.service.js';
import { Resource } from './resource.types.js';

@Resolver()
export class AccessResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly access: AccessService,
    private readonly rules: AccessRuleService,
  ) {}

  @Resource('/sign-in')
  @Query(() => AccessDecisionType, {
    description:
      'What the viewer still has to prove before it may use a resource. INVALID_INPUT where it is no path.',
  })
  resourceAccess(
    @Arg('resource', () => String, { description: 'A path such as /mobile-id/get.' })
    resource: string,
    @Ctx() ctx: RequestContext,
  ): Promise<AccessDecisionType> {
    return this.access.decide(this.work.read(ctx), resource);
  }

  @Resource('/admin/access-rules')
  @Query(() => [AccessRuleType], { description: 'All access rules, in the order of writing.' })
  accessRules(@Ctx() ctx: RequestContext): Promise<AccessRuleType[]> {
    return this.rules.list(this.work.read(ctx));
  }

  @Resource('/admin/access-rules')
  @Mutation(() => AccessRuleType, {
    description:
      'Adds a rule, in force at once. CONFLICT where no administrator could get in any more.',
  })
  createAccessRule(
    @Arg('input', () => AccessRuleInput, { description: 'The rule.' }) input: AccessRuleInput,
    @Ctx() ctx: RequestContext,
  ): Promise<AccessRuleType> {
    return this.work.change(ctx, (scope) => this.rules.create(scope, input));
  }

  @Resource('/admin/access-rules')
  @Mutation(() => AccessRuleType, {
    description:
      'Changes a rule, in force at once. CONFLICT where no administrator could get in any more.',
  })
  updateAccessRule(
    @Arg('id', () => ID, { description: 'Which rule.' }) id: string,
    @Arg('input', () => UpdateAccessRuleInput, { description: 'What changes.' })
    input: UpdateAccessRuleInput,
    @Ctx() ctx: RequestContext,
  ): Promise<AccessRuleType> {
    return this.work.change(ctx, (scope) => this.rules.update(scope, id, input));
  }

  @Resource('/admin/access-rules')
  @Mutation(() => Boolean, {
    description:
      'Takes a rule away for good, at once. CONFLICT where no administrator could get in any more.',
  })
  async deleteAccessRule(
    @Arg('id', () => ID, { description: 'Which rule.' }) id: string,
    @Ctx() ctx: RequestContext,
  ): Promise<boolean> {
    await this.work.change(ctx, (scope) => this.rules.delete(scope, id));
    return true;
  }
}
