import { Args, ArgsType, Ctx, Field, Int, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import { pageRequest } from '../../kernel/pagination.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import type { AuditService } from './audit.service.js';
import { AuditConnectionType } from './audit.types.js';

const DEFAULT_PAGE = 50;

@ArgsType()
class AuditEntriesArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: DEFAULT_PAGE,
    description: 'How many, 1 to 100.',
  })
  first?: number | null;
  @Field(() => String, { nullable: true, description: '`endCursor` of the page before.' })
  after?: string | null;
  @Field(() => String, { nullable: true, description: 'Only of this actor, such as `user:alva`.' })
  actor?: string | null;
  @Field(() => String, { nullable: true, description: 'Only about this target.' })
  target?: string | null;
}

@Resolver()
export class AuditResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly audit: AuditService,
  ) {}

  @Resource('/admin/audit')
  @Query(() => AuditConnectionType, {
    description: 'The audit log, newest first: every change, and every operation refused.',
  })
  auditEntries(
    @Args(() => AuditEntriesArgs) { first, after, ...filter }: AuditEntriesArgs,
    @Ctx() ctx: RequestContext,
  ): Promise<AuditConnectionType> {
    return this.audit.list(this.work.read(ctx), pageRequest(first ?? DEFAULT_PAGE, after), filter);
  }
}
