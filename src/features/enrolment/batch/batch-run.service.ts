import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { enqueue } from '../../../platform/outbox.js';
import { actingAs, type ChangeScope, type UnitOfWork } from '../../../platform/scope.js';
import type { ProfileService } from '../../profiles/profile.service.js';
import type { UserService } from '../../users/user.service.js';
import type { EnrolmentService } from '../enrolment.service.js';
import type { OrderingService } from '../ordering/ordering.service.js';
import type { BatchOrdererService } from './batch-orderer.service.js';
import {
  countAttempt,
  noteEnrolment,
  selectBatch,
  selectPending,
  settle,
  tally,
} from './batch-table.js';
import { runBatchJob, type BatchJob } from './batch.jobs.js';
import type {
  BatchItem,
  EnrolmentBatch,
  EnrolmentBatchService,
} from './enrolment-batch.service.js';

/** What one run of the job takes; the rest is left to its successor, so that other jobs get their turn. */
const RUN = 50;
/** After so many errors that nobody foresaw a user's order is given up. */
const MAX_ATTEMPTS = 3;

/** Somebody has ended the batch, or settled this order, meanwhile: nothing of it may stay. */
class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

interface Placing {
  readonly batch: EnrolmentBatch;
  readonly item: BatchItem;
}

/**
 * Places the orders of a batch, each in a transaction of its own that settles it as well: whatever is killed, and however often it
 * begins anew, none is placed twice and none is forgotten.
 */
export class BatchRunService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly enrolmentBatches: EnrolmentBatchService;
      readonly batchOrderers: BatchOrdererService;
      readonly ordering: OrderingService;
      readonly enrolments: EnrolmentService;
      readonly profiles: ProfileService;
      readonly users: UserService;
    },
  ) {}

  /** @throws Error where it is to be tried again later */
  async run({ batchId }: BatchJob): Promise<void> {
    const request = await this.ports.work.systemRequest('enrolment-batch', batchId);
    const scope = this.ports.work.read(request);
    const batch = await selectBatch(scope, batchId);
    if (batch?.state !== 'RUNNING') return;
    const orderer = await this.ports.batchOrderers.actorOf(scope, batch);
    const items = await selectPending(scope, batchId, RUN);
    if (orderer === undefined) await this.end(request, batch, 'CANCELLED');
    else if (items.length === 0) await this.end(request, batch, 'FINISHED');
    else {
      for (const item of items) await this.settle(request, { batch, item });
      await this.goOn({ batchId });
    }
  }

  /** Leaves a new job for the rest. */
  async goOn({ batchId }: BatchJob): Promise<void> {
    const request = await this.ports.work.systemRequest('enrolment-batch', batchId);
    await this.ports.work.change(request, (scope) => enqueue(scope, runBatchJob, { batchId }));
  }

  private async end(
    request: RequestContext,
    batch: EnrolmentBatch,
    state: 'FINISHED' | 'CANCELLED',
  ): Promise<void> {
    const { work, enrolmentBatches } = this.ports;
    await work.change(request, (scope) => enrolmentBatches.end(scope, batch, state));
  }

  private async settle(request: RequestContext, placing: Placing): Promise<void> {
    try {
      await this.ports.work.change(request, (scope) => this.place(scope, placing));
    } catch (error) {
      if (error instanceof Overtaken) return;
      const failure =
        error instanceof DomainError ? error : await this.bug(request, placing, error);
      await this.fail(request, placing, failure);
    }
  }

  /** Locks as everywhere: the user, the client, the batch, then enrolments. */
  private async place(scope: ChangeScope, { batch, item }: Placing): Promise<void> {
    const { users, batchOrderers, ordering } = this.ports;
    const { position, userId } = item;
    await users.getLocked(scope, userId);
    const actor = await batchOrderers.standing(scope, batch);
    if (actor === undefined) throw new Overtaken(); // the next run ends the batch
    const skips = batch.skipsHolders && (await this.isHolder(scope, { batch, item }));
    const outcome = skips ? 'SKIPPED' : 'ORDERED';
    if (!(await tally(scope, batch.id, outcome))) throw new Overtaken();
    if (!(await settle(scope, batch.id, { position, outcome }))) throw new Overtaken();
    if (skips) return;
    const { projectId, channel, certificates, validityDays } = batch;
    const order = {
      projectId,
      channel,
      certificates,
      validityDays,
      isPrinted: channel === 'SCREEN',
    };
    const { enrolment } = await ordering.startFor(actingAs(scope, actor), actor, { userId, order });
    await noteEnrolment(scope, batch.id, { position, enrolmentId: enrolment.id });
  }

  /** Whether the user has a mobile ID of this project, or is about to get one. */
  private async isHolder(scope: ChangeScope, { batch, item }: Placing): Promise<boolean> {
    const { profiles, enrolments } = this.ports;
    const { userId } = item;
    const { projectId } = batch;
    if ((await enrolments.pendingOf(scope, userId)).has(projectId)) return true;
    return profiles.isHolder(scope, { userId, projectId });
  }

  private async fail(
    request: RequestContext,
    { batch, item: { position } }: Placing,
    { code, facts }: DomainError,
  ): Promise<void> {
    const failureReason = typeof facts['reason'] === 'string' ? facts['reason'] : null;
    const settled = { position, outcome: 'FAILED', failureCode: code, failureReason } as const;
    try {
      await this.ports.work.change(request, async (scope) => {
        if (!(await tally(scope, batch.id, 'FAILED'))) throw new Overtaken();
        if (!(await settle(scope, batch.id, settled))) throw new Overtaken();
      });
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
    }
  }

  /** @throws `error`, for the job to be tried again, until that was often enough */
  private async bug(
    request: RequestContext,
    { batch, item }: Placing,
    error: unknown,
  ): Promise<DomainError> {
    const scope = this.ports.work.read(request);
    const attempts = await countAttempt(scope, batch.id, item.position);
    if (attempts < MAX_ATTEMPTS) throw error;
    return new DomainError('INTERNAL', {}, { cause: error });
  }
}
