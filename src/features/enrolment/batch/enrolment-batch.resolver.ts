import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  ID,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { actorIdOf, type RequestContext } from '../../../kernel/actor.js';
import { DomainError, PROBLEMS } from '../../../kernel/errors.js';
import { pageRequest } from '../../../kernel/pagination.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { Resource } from '../../access/resource.types.js';
import { resolverOf, type Subscribed } from '../../events/subscription.types.js';
import type { ProjectService } from '../../projects/project.service.js';
import { ProjectSummaryType } from '../../projects/project.types.js';
import type { EnrolmentBatch, EnrolmentBatchService } from './enrolment-batch.service.js';
import {
  CreateEnrolmentsInput,
  EnrolmentBatchConnectionType,
  EnrolmentBatchesArgs,
  EnrolmentBatchFailureType,
  EnrolmentBatchType,
} from './enrolment-batch.types.js';

interface Services {
  readonly work: UnitOfWork;
  readonly enrolmentBatches: EnrolmentBatchService;
  readonly projects: ProjectService;
  readonly limits: RateLimits;
}
const BATCH_ID = { description: 'Id of the batch.' };

/** Orders for many users. */
@Resolver(() => EnrolmentBatchType)
export class EnrolmentBatchResolver {
  constructor(private readonly services: Services) {}

  @Resource('/operator/mobile-id/supply')
  @Mutation(() => EnrolmentBatchType, {
    description:
      'Orders mobile IDs for many users, or for all members of a MANAGED project. The orders are placed one after the other from now on, each as startEnrolmentForUser would; what stands in the way of one does not hold up the others.',
  })
  async createEnrolments(
    @Ctx() ctx: RequestContext,
    @Arg('projectId', () => ID, { description: 'Id of the project.' }) projectId: string,
    @Arg('input', () => CreateEnrolmentsInput, { description: 'For whom, and what.' })
    input: CreateEnrolmentsInput,
  ): Promise<EnrolmentBatchType> {
    const { work, enrolmentBatches, limits } = this.services;
    const orderer = actorIdOf(ctx.actor);
    if (orderer === null) throw new DomainError('UNAUTHENTICATED');
    await limits.take('enrolment/batch', orderer);
    return work.change(ctx, (scope) => enrolmentBatches.create(scope, projectId, input));
  }

  @Resource('/operator/mobile-id/supply')
  @Mutation(() => EnrolmentBatchType, {
    description: 'Places no more orders of a batch; those that are placed stay.',
  })
  cancelEnrolmentBatch(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, BATCH_ID) id: string,
  ): Promise<EnrolmentBatchType> {
    const { work, enrolmentBatches } = this.services;
    return work.change(ctx, (scope) => enrolmentBatches.cancel(scope, id));
  }

  @Resource('/operator/enrolments')
  @Query(() => EnrolmentBatchType, {
    nullable: true,
    description: 'One batch of orders; null where there is none with this id.',
  })
  async enrolmentBatch(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, BATCH_ID) id: string,
  ): Promise<EnrolmentBatchType | null> {
    const { work, enrolmentBatches } = this.services;
    return (await enrolmentBatches.find(work.read(ctx), id)) ?? null;
  }

  @Resource('/operator/enrolments')
  @Query(() => EnrolmentBatchConnectionType, {
    description: 'Batches of orders, newest first. They are forgotten 90 days after their end.',
  })
  enrolmentBatches(
    @Ctx() ctx: RequestContext,
    @Args(() => EnrolmentBatchesArgs) { first, after, projectId }: EnrolmentBatchesArgs,
  ): Promise<EnrolmentBatchConnectionType> {
    const { work, enrolmentBatches } = this.services;
    return enrolmentBatches.list(work.read(ctx), { projectId }, pageRequest(first ?? 20, after));
  }

  @Resource('/operator/enrolments')
  @Subscription(() => EnrolmentBatchType, {
    name: 'enrolmentBatch',
    subscribe: (subscribed) =>
      resolverOf(subscribed.info, EnrolmentBatchResolver).follow(subscribed),
    description: 'Where a batch stands, and then its progress. Completes when it is over.',
  })
  enrolmentBatchProgress(
    @Root() batch: EnrolmentBatch,
    @Arg('id', () => ID, BATCH_ID) _id: string,
  ): EnrolmentBatchType {
    return batch;
  }

  @FieldResolver(() => ProjectSummaryType, { description: 'The project that the orders are for.' })
  project(@Root() batch: EnrolmentBatch, @Ctx() ctx: RequestContext): Promise<ProjectSummaryType> {
    const { work, projects } = this.services;
    return projects.loadSummary(work.read(ctx), batch.projectId);
  }

  @FieldResolver(() => [EnrolmentBatchFailureType], {
    description:
      'For whom nothing could be ordered, and why: the first 100. All of them stand in the CSV file.',
  })
  async failures(
    @Root() batch: EnrolmentBatch,
    @Ctx() ctx: RequestContext,
  ): Promise<EnrolmentBatchFailureType[]> {
    const { work, enrolmentBatches } = this.services;
    const items = await enrolmentBatches.failures(work.read(ctx), batch);
    return items.map(({ userId, failureCode, failureReason: reason }) => {
      const code = failureCode ?? 'INTERNAL';
      return { userId, failure: { code, message: PROBLEMS[code].title }, reason };
    });
  }

  private async follow({ args, context }: Subscribed): Promise<AsyncIterable<EnrolmentBatch>> {
    const { id } = args as { id: string };
    const { work, enrolmentBatches } = this.services;
    return enrolmentBatches.follow(work.read(context as RequestContext), id);
  }
}
