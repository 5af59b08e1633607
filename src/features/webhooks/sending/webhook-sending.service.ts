import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { newId, type WebhookDeliveryId, type WebhookEndpointId } from '../../../kernel/ids.js';
import { PostError, type GuardedPoster } from '../../../platform/guarded-post.js';
import type { Logger } from '../../../platform/logger.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import { attemptOf, isSuccess, type Attempt, type AttemptOutcome } from './webhook-attempt.js';
import type { WebhookDelivery, WebhookDeliveryService } from './webhook-delivery.service.js';
import type { WebhookEndpointService } from '../endpoints/webhook-endpoint.service.js';
import { TEST_EVENT } from '../webhook-event-types.js';
import type { WebhookIntakeService } from './webhook-intake.service.js';
import { payloadOf } from './webhook-payload.js';
import { LEASE_SECONDS, type WebhookQueueService } from './webhook-queue.service.js';
import type { WebhookSecretService } from '../endpoints/webhook-secret.service.js';

/** Endpoints that one instance serves at the same time. Beyond that they take turns: some that are slow hold up none of the others. */
const MAX_PUMPS = 32;

interface Ports {
  readonly work: UnitOfWork;
  readonly limits: RateLimits;
  readonly audit: AuditService;
  readonly poster: Pick<GuardedPoster, 'post'>;
  readonly log: Logger;
  readonly webhookDeliveries: WebhookDeliveryService;
  readonly webhookEndpoints: WebhookEndpointService;
  readonly webhookIntake: WebhookIntakeService;
  readonly webhookQueue: WebhookQueueService;
  readonly webhookSecrets: WebhookSecretService;
}

/**
 * Sends what is due, on every instance, each message by one of them at a time. A message whose outcome could not be recorded is sent
 * again, under the same `webhook-id`: at least once, therefore.
 */
export class WebhookSendingService {
  private readonly pumps = new Map<WebhookEndpointId, Promise<void>>();
  /** Endpoints that wait for their turn, in the order in which they came. */
  private readonly waiting = new Set<WebhookEndpointId>();
  private readonly closing = new AbortController();

  constructor(private readonly ports: Ports) {}

  /** Begins what is to be done, and does not wait for its end. */
  async sendDue(): Promise<void> {
    if (this.pumps.size >= MAX_PUMPS) return;
    const due = await this.ports.webhookIntake.due();
    const next = this.inTurn(due).slice(0, MAX_PUMPS - this.pumps.size);
    for (const id of next) this.start(id);
  }

  /** Breaks off what is on its way: it is sent again by whoever runs. Resolves when nothing is any more. */
  async stop(): Promise<void> {
    this.closing.abort(new Error('The server stops.'));
    await Promise.all(this.pumps.values());
  }

  /**
   * Sends a message without meaning, also to an endpoint that is turned off, and tells what became of it.
   * @throws DomainError NOT_FOUND, RATE_LIMITED
   */
  async test(context: RequestContext, id: string): Promise<WebhookDelivery> {
    const { work, limits, webhookEndpoints, webhookDeliveries } = this.ports;
    const endpoint = await webhookEndpoints.get(work.read(context), id);
    await limits.take('webhook/test', endpoint.projectId);
    const attempt = await this.startTest(context, endpoint.id);
    await this.deliver(attempt);
    return webhookDeliveries.get(work.read(context), attempt.deliveryId);
  }

  private inTurn(due: readonly WebhookEndpointId[]): WebhookEndpointId[] {
    const idle = new Set(due.filter((id) => !this.pumps.has(id)));
    for (const id of this.waiting) if (!idle.has(id)) this.waiting.delete(id);
    for (const id of idle) this.waiting.add(id);
    return [...this.waiting];
  }

  private start(id: WebhookEndpointId): void {
    this.waiting.delete(id);
    const pump = this.pump(id)
      .catch((error: unknown) => {
        if (error instanceof DomainError && error.code === 'NOT_FOUND') return; // it was deleted
        this.ports.log.error({ error, endpointId: id }, 'webhooks cannot be sent');
      })
      .finally(() => this.pumps.delete(id));
    this.pumps.set(id, pump);
  }

  private async pump(id: WebhookEndpointId): Promise<void> {
    const { webhookIntake, webhookQueue } = this.ports;
    while (!this.closing.signal.aborted) {
      const isMore = await webhookIntake.fill(id);
      const attempts = await webhookQueue.claim(id);
      await allOf(attempts.map((attempt) => this.deliver(attempt)));
      const hasNoMore = attempts.length === 0 && !isMore;
      if (hasNoMore || this.pumps.size >= MAX_PUMPS) return; // there is more at the next look
    }
  }

  private async deliver(attempt: Attempt): Promise<void> {
    const { webhookQueue, log } = this.ports;
    const outcome = await this.send(attempt);
    if (outcome === undefined) {
      await webhookQueue.handBack(attempt);
      return;
    }
    await webhookQueue.record(attempt, outcome);
    const { deliveryId, endpointId, type } = attempt;
    const { answer, problem, milliseconds } = outcome;
    const facts = { deliveryId, endpointId, type, status: answer?.status, problem, milliseconds };
    if (isSuccess(outcome)) log.debug(facts, 'webhook delivered');
    else log.info(facts, 'webhook not taken');
  }

  /** Undefined where the server's end broke it off. */
  private async send({ url, headers, body }: Attempt): Promise<AttemptOutcome | undefined> {
    const { signal } = this.closing;
    const began = performance.now();
    const lasted = (): number => Math.round(performance.now() - began);
    try {
      const answer = await this.ports.poster.post({ url, headers, body, signal });
      return { answer, problem: null, milliseconds: lasted() };
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof PostError)) throw error;
      return { answer: null, problem: error.problem, milliseconds: lasted() };
    }
  }

  private async startTest(context: RequestContext, id: WebhookEndpointId): Promise<Attempt> {
    const { work, audit, webhookEndpoints, webhookSecrets } = this.ports;
    return work.change(context, async (scope) => {
      const endpoint = await webhookEndpoints.lock(scope, id);
      const data = { projectId: endpoint.projectId, endpointId: endpoint.id };
      const taken = {
        id: newId<WebhookDeliveryId>(),
        eventId: `test_${randomUUID()}`,
        type: TEST_EVENT,
        payload: payloadOf({ type: TEST_EVENT, at: scope.now, data }),
      };
      const lease = randomUUID();
      await scope.sql('webhook-sending.test', TAKEN, [
        ...[taken.id, endpoint.id, taken.eventId, taken.type, taken.payload],
        ...[lease, LEASE_SECONDS],
      ]);
      const target = `webhook-endpoint:${endpoint.id}`;
      await audit.record(scope, { action: 'webhook-endpoint.test', target });
      const keys = await webhookSecrets.signing(scope, endpoint.id);
      return attemptOf(taken, { endpoint, keys, lease, now: scope.now });
    });
  }
}

/** Waits for each of them, also where one has failed. */
async function allOf(deliveries: readonly Promise<void>[]): Promise<void> {
  const settled = await Promise.allSettled(deliveries);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** A delivery of its own, taken for its one attempt. */
const TAKEN = `
  INSERT INTO webhook_delivery (id, endpoint_id, event_id, type, subject, payload, state, attempts, created_at, due_since,
    next_attempt_at, lease, leased_until)
  VALUES ($1::uuid, $2, $3, $4, $1::uuid::text, $5, 'PENDING', 1, now(), now(), now(), $6, now() + make_interval(secs => $7))`;
