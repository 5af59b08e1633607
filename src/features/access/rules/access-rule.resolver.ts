import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { pageRequest } from '../../../kernel/pagination.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { AccessRuleVersionType } from './access-rule-version.types.js';
import type { AccessRuleService } from './access-rule.service.js';
import { AccessRuleInput, AccessRuleType, UpdateAccessRuleInput } from './access-rule.types.js';
import { Resource } from '../resource.types.js';

@Resolver(() => AccessRuleType)
export class AccessRuleResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly rules: AccessRuleService,
  ) {}

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

  @Resource('/admin/access-rules')
  @Query(() => [AccessRuleVersionType], {
    description: 'The last versions of rules that are gone, the latest deletion first.',
  })
  deletedAccessRules(
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, at most 100.' })
    first: number,
    @Ctx() ctx: RequestContext,
  ): Promise<AccessRuleVersionType[]> {
    const { first: rows } = pageRequest(first, null);
    return this.rules.history.deleted(this.work.read(ctx), rows);
  }

  @FieldResolver(() => [AccessRuleVersionType], {
    name: 'versions',
    description:
      'Every state that the rule has had, newest first: who left it so, and when. Empty within `versions` themselves.',
  })
  async versionsOf(
    @Root() rule: AccessRuleType,
    @Ctx() ctx: RequestContext,
  ): Promise<AccessRuleVersionType[]> {
    if (rule.isWithinHistory === true) return [];
    return this.rules.history.ofRule(this.work.read(ctx), rule.id);
  }
}
