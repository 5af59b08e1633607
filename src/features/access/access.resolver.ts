import { Args, Ctx, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import type { Scope, UnitOfWork } from '../../platform/scope.js';
import { AccessDecisionType } from './access-decision.types.js';
import type { AccessExplanationService } from './access-explanation.service.js';
import { AccessExplanationType, ExplainAccessArgs } from './access-explanation.types.js';
import type { AccessRuleService } from './rules/access-rule.service.js';
import type { AccessRuleType } from './rules/access-rule.types.js';
import type { AccessService, NamedCredentials } from './access.service.js';
import { ResourceAccessArgs } from './proof-exclusion.types.js';
import { levelsOf } from './judge/resource-path.js';
import { ResourceType } from './resource-node.types.js';
import { Resource } from './resource.types.js';
import type { ResourceRegistry } from './resource-registry.service.js';

export interface AccessResolverParts {
  readonly work: UnitOfWork;
  readonly access: AccessService;
  readonly rules: AccessRuleService;
  readonly resources: ResourceRegistry;
  readonly explanations: AccessExplanationService;
  /** Which of the viewer's credentials prove nothing where these are replaced, lost or recovered. */
  readonly exclusions: {
    ofViewer(scope: Scope, named: NamedCredentials): Promise<readonly string[]>;
  };
}

@Resolver()
export class AccessResolver {
  constructor(private readonly parts: AccessResolverParts) {}

  @Resource('/sign-in')
  @Query(() => AccessDecisionType, {
    description:
      'What the viewer still has to prove before it may use a resource. INVALID_INPUT where it is no path.',
  })
  async resourceAccess(
    @Args(() => ResourceAccessArgs) { resource, ...named }: ResourceAccessArgs,
    @Ctx() ctx: RequestContext,
  ): Promise<AccessDecisionType> {
    const { work, access, resources, exclusions } = this.parts;
    const scope = work.read(ctx);
    const excludedCredentials = await exclusions.ofViewer(scope, named);
    const isChange = resources.onlyChanges(resource);
    return access.decide(scope, resource, { isChange, excludedCredentials });
  }

  @Resource('/admin/access-rules')
  @Query(() => [ResourceType], {
    description:
      'Everything that access rules guard, and the nodes above it, in the order of their paths.',
  })
  async resources(@Ctx() ctx: RequestContext): Promise<ResourceType[]> {
    const { work, rules, resources } = this.parts;
    const all = await rules.list(work.read(ctx));
    return resources.list().map((resource) => ({
      ...resource,
      ...rulesOf(resource.path, all),
    }));
  }

  @Resource('/admin/access-rules')
  @Query(() => AccessExplanationType, {
    description:
      'Why a user, an API client, or somebody who is not signed in may use a resource, or may not: the decision on the stated case, and what each rule has to do with it. NOT_FOUND where there is no such user or API client.',
  })
  explainAccess(
    @Args(() => ExplainAccessArgs) { evidence, ...asked }: ExplainAccessArgs,
    @Ctx() ctx: RequestContext,
  ): Promise<AccessExplanationType> {
    const { work, explanations } = this.parts;
    return explanations.explain(work.read(ctx), { ...asked, evidence: evidence ?? [] });
  }
}

function rulesOf(
  path: string,
  all: readonly AccessRuleType[],
): Pick<ResourceType, 'rules' | 'inheritedRules'> {
  const naming = (level: string): AccessRuleType[] =>
    all.filter(({ resources }) => resources.includes(level));
  const above = levelsOf(path).filter((level) => level !== path);
  return { rules: naming(path), inheritedRules: above.flatMap(naming) };
}
