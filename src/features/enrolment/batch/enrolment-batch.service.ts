import { actorIdOf, projectLimitOf, reachesProject, type Actor } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import {
  filterId,
  newId,
  parseId,
  type ApiClientId,
  type EnrolmentBatchId,
  type ProjectId,
  type UserId,
} from '../../../kernel/ids.js';
import type { PageRequest } from '../../../kernel/pagination.js';
import { announce, type EventBus } from '../../../platform/event-bus/event-bus.js';
import { keysetPage, type Condition, type CountedPage } from '../../../platform/database/keyset.js';
import { enqueue } from '../../../platform/outbox.js';
import { purge } from '../../../platform/database/purge.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { ApiClientService } from '../../api-clients/api-client.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import { LogStream } from '../../events/log-stream.service.js';
import type { MemberListService } from '../../members/member-list.service.js';
import type { Project, ProjectService } from '../../projects/project.service.js';
import { idempotencyKeyOf } from '../ordering/order.js';
import { batchDigest, MAX_MEMBERS, namedUsers, termsOf, type BatchInput } from './batch-input.js';
import { BATCH, insertItems, selectBatch, selectFailed } from './batch-table.js';
import { runBatchJob } from './batch.jobs.js';
import { EnrolmentBatchEntity } from './enrolment-batch.entity.js';
import { progressOf, type BatchItem, type EnrolmentBatch } from './enrolment-batch.js';

export type { BatchInput, BatchItem, EnrolmentBatch };

const KEPT = `interval '90 days'`;
const MAX_FAILURES = 100;

/** Orders for many users: what was asked for, and where it stands. */
export class EnrolmentBatchService {
  constructor(
    private readonly ports: {
      readonly projects: ProjectService;
      readonly memberLists: MemberListService;
      readonly clients: ApiClientService;
      readonly audit: AuditService;
      readonly bus: Pick<EventBus, 'listen'>;
    },
  ) {}

  /**
   * The orders themselves are placed by a job, each as if its orderer placed it; what stands in the way of one is in the result. The
   * same key again gives the same batch.
   * @throws DomainError UNAUTHENTICATED, NOT_FOUND, WRONG_PROJECT_MODE, INVALID_INPUT, CHANNEL_NOT_AVAILABLE,
   * CERTIFICATE_NOT_SELECTABLE; CONFLICT for a key that was used for another batch
   */
  async create(scope: ChangeScope, projectId: string, input: BatchInput): Promise<EnrolmentBatch> {
    const orderedBy = await this.orderer(scope);
    const project = await this.ports.projects.find(scope, projectId);
    if (project === undefined) throw new DomainError('NOT_FOUND');
    if (project.mode !== 'MANAGED') throw new DomainError('WRONG_PROJECT_MODE');
    const named = namedUsers(input);
    const digest = batchDigest(project.id, named, input);
    const earlier = await this.earlier(scope, orderedBy, { key: idempotencyKeyOf(input), digest });
    if (earlier !== undefined) return earlier;
    const terms = termsOf(project, input);
    const userIds = named ?? (await this.membersOf(scope, project));
    const batch: EnrolmentBatch = {
      ...{ id: newId<EnrolmentBatchId>(), projectId: project.id, state: 'RUNNING', ...terms },
      ...{ total: userIds.length, ordered: 0, skipped: 0, failed: 0, orderedBy },
      orderedInSession: scope.actor.kind === 'user' ? scope.actor.sessionId : null,
      scopes: scope.actor.kind === 'client' ? [...scope.actor.scopes] : [],
      ...{ idempotencyKey: idempotencyKeyOf(input), orderDigest: digest },
      ...{ createdAt: scope.now, finishedAt: null },
    };
    await scope.db.insert(EnrolmentBatchEntity, batch);
    await insertItems(scope, batch.id, userIds);
    await enqueue(scope, runBatchJob, { batchId: batch.id });
    await this.record(scope, batch, 'create', describe(batch));
    return batch;
  }

  /** Undefined also where its project is out of the actor's reach. */
  async find(scope: Scope, id: string): Promise<EnrolmentBatch | undefined> {
    const known = parseId<EnrolmentBatchId>(id);
    const batch = known && (await selectBatch(scope, known));
    return batch && reachesProject(scope.actor, batch.projectId) ? batch : undefined;
  }

  /** One of the actor's own: its result holds codes, and whoever ordered them may have them. @throws DomainError NOT_FOUND */
  async own(scope: Scope, id: string): Promise<EnrolmentBatch> {
    const batch = await this.find(scope, id);
    if (batch?.orderedBy !== actorIdOf(scope.actor)) {
      throw new DomainError('NOT_FOUND');
    }
    return batch;
  }

  /** Newest first. */
  list(
    scope: Scope,
    { projectId }: { readonly projectId?: string | null },
    request: PageRequest,
  ): Promise<CountedPage<EnrolmentBatch>> {
    const wanted: [string, unknown][] = [
      ['project_id = ANY(?)', projectLimitOf(scope.actor)],
      ['project_id = ?', filterId<ProjectId>(projectId)],
    ];
    const conditions: Condition[] = wanted.filter(([, value]) => value !== undefined);
    const query = { table: 'enrolment_batch', columns: BATCH, conditions };
    return keysetPage<EnrolmentBatch>(scope, query, request);
  }

  /** The first of those for whom nothing could be ordered. */
  failures(scope: Scope, { id }: EnrolmentBatch): Promise<BatchItem[]> {
    return selectFailed(scope, id, MAX_FAILURES);
  }

  /**
   * Where it stands, then each change; ends with the batch.
   * @throws DomainError NOT_FOUND
   */
  async follow(scope: Scope, id: string): Promise<AsyncIterableIterator<EnrolmentBatch>> {
    const found = await this.find(scope, id);
    if (found === undefined) throw new DomainError('NOT_FOUND');
    return new LogStream<EnrolmentBatch, number>(
      {
        after: async (progress) => {
          const batch = await selectBatch(scope, found.id);
          return batch === undefined || progressOf(batch) <= progress ? [] : [batch];
        },
        positionOf: progressOf,
        isLast: ({ state }) => state !== 'RUNNING',
        listen: (wake) => this.ports.bus.listen(`enrolment-batch:${found.id}`, wake),
      },
      { position: -1, first: [], isOver: false },
    );
  }

  /** Places no more orders; those that are placed stay. @throws DomainError NOT_FOUND; INVALID_TRANSITION where it is over */
  async cancel(scope: ChangeScope, id: string): Promise<EnrolmentBatch> {
    const batch = await this.find(scope, id);
    if (batch === undefined) throw new DomainError('NOT_FOUND');
    if (!(await this.end(scope, batch, 'CANCELLED'))) {
      throw new DomainError('INVALID_TRANSITION', { to: 'CANCELLED' });
    }
    const ended = await this.find(scope, id);
    return ended ?? batch;
  }

  /** Ends what an orderer has running who may order no more. To be called before his orders are cancelled. */
  async cancelAllOf(scope: ChangeScope, orderedBy: UserId | ApiClientId): Promise<void> {
    const running = await scope.sql<EnrolmentBatch>(
      'enrolment-batch.running-of',
      `SELECT ${BATCH} FROM enrolment_batch WHERE ordered_by = $1 AND state = 'RUNNING' ORDER BY id FOR UPDATE`,
      [orderedBy],
    );
    for (const batch of running) await this.end(scope, batch, 'CANCELLED');
  }

  /** @returns whether it was running until now */
  async end(
    scope: ChangeScope,
    { id, ...batch }: Pick<EnrolmentBatch, 'id' | 'projectId'>,
    state: 'FINISHED' | 'CANCELLED',
  ): Promise<boolean> {
    const [ended] = await scope.sql<EnrolmentBatch>(
      'enrolment-batch.end',
      `UPDATE enrolment_batch SET state = $2, finished_at = now() WHERE id = $1 AND state = 'RUNNING' RETURNING ${BATCH}`,
      [id, state],
    );
    if (ended === undefined) return false;
    await announce(scope, `enrolment-batch:${id}`);
    const { ordered, skipped, failed } = ended;
    const outcome = `ordered ${String(ordered)}, skipped ${String(skipped)}, failed ${String(failed)}`;
    const action = state === 'FINISHED' ? 'finish' : 'cancel';
    await this.record(scope, { id, ...batch }, action, outcome);
    return true;
  }

  /** Who has taken the codes of many users out. */
  noteDownload(scope: Scope, batch: EnrolmentBatch, format: string): Promise<void> {
    return this.record(scope, batch, 'download', format);
  }

  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, {
      table: 'enrolment_batch_item',
      key: 'batch_id, position',
      where: `batch_id IN (SELECT id FROM enrolment_batch WHERE finished_at < now() - ${KEPT})`,
    });
    await purge(scope, {
      table: 'enrolment_batch',
      where: `finished_at < now() - ${KEPT} AND NOT EXISTS (SELECT FROM enrolment_batch_item i WHERE i.batch_id = enrolment_batch.id)`,
    });
  }

  private async orderer({ actor, ...scope }: ChangeScope): Promise<UserId | ApiClientId> {
    if (actor.kind === 'client') {
      await this.ports.clients.requireStanding({ actor, ...scope }, actor.apiClientId);
    }
    return ordererOf(actor);
  }

  /** @throws DomainError INVALID_INPUT where there are none, or more than one batch may have */
  private async membersOf(scope: Scope, project: Project): Promise<UserId[]> {
    const members = await this.ports.memberLists.userIdsOf(scope, project.id);
    if (members.length > 0 && members.length <= MAX_MEMBERS) return members;
    throw new DomainError('INVALID_INPUT', {
      fields: [
        {
          field: 'input.allMembers',
          message: `The project must have 1 to ${String(MAX_MEMBERS)} members.`,
        },
      ],
    });
  }

  private async earlier(
    scope: ChangeScope,
    orderedBy: UserId | ApiClientId,
    { key, digest }: { readonly key: string | null; readonly digest: Buffer },
  ): Promise<EnrolmentBatch | undefined> {
    if (key === null) return undefined;
    await scope.sql(
      'enrolment-batch.serialize-key',
      'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))',
      [`enrolment-batch ${orderedBy} ${key}`],
    );
    const [found] = await scope.sql<EnrolmentBatch>(
      'enrolment-batch.by-key',
      `SELECT ${BATCH} FROM enrolment_batch WHERE ordered_by = $1 AND idempotency_key = $2`,
      [orderedBy, key],
    );
    if (found === undefined || found.orderDigest.equals(digest)) return found;
    throw new DomainError('CONFLICT', {
      fields: [{ field: 'input.idempotencyKey', message: 'It was used for another batch.' }],
    });
  }

  private record(
    scope: Scope,
    { id, projectId }: Pick<EnrolmentBatch, 'id' | 'projectId'>,
    what: string,
    detail: string,
  ): Promise<void> {
    return this.ports.audit.record(scope, {
      action: `enrolment-batch.${what}`,
      target: `enrolment-batch:${id}`,
      detail: `project:${projectId} ${detail}`,
    });
  }
}

function ordererOf(actor: Actor): UserId | ApiClientId {
  const id = actorIdOf(actor);
  if (id === null) throw new DomainError('UNAUTHENTICATED');
  return id;
}

function describe({ total, channel, certificates }: EnrolmentBatch): string {
  return `${String(total)} users ${channel} ${certificates.join(' ')}`;
}
