import { reachesProject, type RequestContext } from '../../../kernel/actor.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import {
  parseId,
  type ProjectId,
  type WebhookDeliveryId,
  type WebhookEndpointId,
} from '../../../kernel/ids.js';
import type { PageRequest } from '../../../kernel/pagination.js';
import { keysetPage, type Condition, type CountedPage } from '../../../platform/database/keyset.js';
import { purge } from '../../../platform/database/purge.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type {
  WebhookEndpoint,
  WebhookEndpointService,
} from '../endpoints/webhook-endpoint.service.js';
import { TEST_EVENT } from '../webhook-event-types.js';
import type { WebhookPositionService } from '../endpoints/webhook-position.service.js';
import type { LoggedAttempt, WebhookDeliveryState } from '../webhook.entity.js';

/** One event for one endpoint, as the delivery log shows it. */
export interface WebhookDelivery {
  readonly id: WebhookDeliveryId;
  readonly endpointId: WebhookEndpointId;
  readonly eventId: string;
  readonly type: string;
  readonly payload: string;
  readonly state: WebhookDeliveryState;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date;
  readonly attemptLog: readonly LoggedAttempt[];
  readonly finishedAt: Date | null;
}

/** From where on events are told again: behind one of them, or from an instant on. */
export interface ReplayStart {
  readonly after?: string | null | undefined;
  readonly since?: Date | null | undefined;
}

const DELIVERY = `id, endpoint_id AS "endpointId", event_id AS "eventId", type, payload, state, attempts,
  created_at AS "createdAt", next_attempt_at AS "nextAttemptAt", attempt_log AS "attemptLog", finished_at AS "finishedAt"`;
const KEPT = `interval '30 days'`;

interface Ports {
  readonly work: UnitOfWork;
  readonly audit: AuditService;
  readonly webhookEndpoints: WebhookEndpointService;
  readonly webhookPositions: WebhookPositionService;
}

/** The log of what was sent, and sending again. */
export class WebhookDeliveryService {
  constructor(private readonly ports: Ports) {}

  /** Newest first. @throws DomainError NOT_FOUND, INVALID_INPUT */
  async list(
    scope: Scope,
    query: { readonly endpointId: string; readonly state?: WebhookDeliveryState | undefined },
    page: PageRequest,
  ): Promise<CountedPage<WebhookDelivery>> {
    const { id } = await this.ports.webhookEndpoints.get(scope, query.endpointId);
    const conditions: Condition[] = [['endpoint_id = ?', id]];
    if (query.state !== undefined) conditions.push(['state = ?', query.state]);
    const table = 'webhook_delivery';
    return keysetPage<WebhookDelivery>(scope, { table, columns: DELIVERY, conditions }, page);
  }

  /**
   * Sends one again at once, whatever became of it, with three days more of patience.
   * @throws DomainError NOT_FOUND; INVALID_TRANSITION while the endpoint is turned off
   */
  async resend(scope: ChangeScope, id: string): Promise<WebhookDelivery> {
    const { webhookEndpoints, audit } = this.ports;
    const delivery = await this.get(scope, id);
    const endpoint = await webhookEndpoints.lock(scope, delivery.endpointId);
    if (!endpoint.enabled) throw disabled();
    const [resent] = await scope.sql<WebhookDelivery>(
      'webhook-delivery.resend',
      `UPDATE webhook_delivery SET state = 'PENDING', attempts = 0, due_since = now(), next_attempt_at = now(),
         finished_at = NULL WHERE id = $1 RETURNING ${DELIVERY}`,
      [delivery.id],
    );
    if (resent === undefined) throw new DomainError('NOT_FOUND');
    const action = 'webhook-delivery.resend';
    const target = `webhook-endpoint:${endpoint.id}`;
    await audit.record(scope, { action, target, detail: delivery.eventId });
    return resent;
  }

  /**
   * Tells all events again that came behind an event, or from an instant on, each under the `webhook-id` that it had.
   * @throws DomainError NOT_FOUND, INVALID_INPUT; INVALID_TRANSITION while the endpoint is turned off
   */
  async replay(context: RequestContext, id: string, start: ReplayStart): Promise<WebhookEndpoint> {
    const { work, webhookEndpoints, webhookPositions, audit } = this.ports;
    const { projectId } = await webhookEndpoints.get(work.read(context), id);
    const positions = await this.startOf(work.read(context), projectId, start);
    return work.change(context, async (scope) => {
      const endpoint = await webhookEndpoints.lock(scope, id);
      if (!endpoint.enabled) throw disabled();
      await webhookPositions.setBack(scope, endpoint.id, positions);
      await audit.record(scope, {
        action: 'webhook-endpoint.replay',
        target: `webhook-endpoint:${endpoint.id}`,
        detail: start.after ?? `since ${start.since?.toISOString() ?? ''}`,
      });
      return endpoint;
    });
  }

  /** @throws DomainError NOT_FOUND, also where it is out of the actor's reach */
  async get(scope: Scope, id: string): Promise<WebhookDelivery> {
    const [row] = await scope.sql<WebhookDelivery & { projectId: ProjectId }>(
      'webhook-delivery.find',
      `SELECT d.*, e.project_id AS "projectId" FROM (SELECT ${DELIVERY} FROM webhook_delivery WHERE id = $1) d
       JOIN webhook_endpoint e ON e.id = d."endpointId"`,
      [parseId(id) ?? null],
    );
    if (row === undefined || !reachesProject(scope.actor, row.projectId)) {
      throw new DomainError('NOT_FOUND');
    }
    return row;
  }

  /** Deletes a batch of those that are over for long. What still waits stays, but for tests: nobody waits for them. */
  async purge(scope: ChangeScope): Promise<void> {
    const where = `state <> 'PENDING' AND finished_at < now() - ${KEPT}`;
    await purge(scope, { table: 'webhook_delivery', where });
    await scope.sql(
      'webhook-delivery.purge-tests',
      `DELETE FROM webhook_delivery WHERE state = 'PENDING' AND type = $1 AND created_at < now() - ${KEPT}`,
      [TEST_EVENT],
    );
  }

  private startOf(
    scope: Scope,
    projectId: ProjectId,
    { after, since }: ReplayStart,
  ): ReturnType<WebhookPositionService['behindEvent']> {
    const { webhookPositions } = this.ports;
    if (typeof after === 'string' && !since) return webhookPositions.behindEvent(projectId, after);
    if (since && typeof after !== 'string') return webhookPositions.before(scope, projectId, since);
    throw invalidInput('after', 'Give either `after` or `since`.');
  }
}

function disabled(): DomainError {
  return new DomainError('INVALID_TRANSITION', { reason: 'ENDPOINT_DISABLED' });
}
