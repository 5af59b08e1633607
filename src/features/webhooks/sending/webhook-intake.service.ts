import { randomUUID } from 'node:crypto';
import { newId, type WebhookEndpointId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import type { ProjectStreamService } from '../../events/project-stream.service.js';
import type {
  WebhookEndpoint,
  WebhookEndpointService,
} from '../endpoints/webhook-endpoint.service.js';
import { WEBHOOK_LOGS, type Told, type WebhookLog } from '../endpoints/webhook-logs.service.js';
import { payloadOf } from './webhook-payload.js';
import {
  eventIdOf,
  type WebhookPosition,
  type WebhookPositionService,
} from '../endpoints/webhook-position.service.js';

/** So many wait at most; what comes then stays in the log until there is room. */
const MAX_WAITING = 10_000;
const PAGE = 100;

/** What an endpoint may not have been told of. An event that does not stand yet counts: it soon will. */
const BEHIND = WEBHOOK_LOGS.map(
  ({ name, log: { table, number } }) => `
    EXISTS (
      SELECT FROM webhook_position p JOIN ${table} v
        ON v.project_id = e.project_id AND (v.epoch, v.xid, v.${number}) > (p.epoch, p.xid, p.number)
      WHERE p.endpoint_id = e.id AND p.log = '${name}')`,
);

const DUE = `
  SELECT e.id FROM webhook_endpoint e WHERE e.enabled AND (
    EXISTS (
      SELECT FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.state = 'PENDING' AND d.next_attempt_at <= now()
        AND (d.leased_until IS NULL OR d.leased_until <= now()))
    OR ${BEHIND.join(' OR ')})`;

/** What is there already was asked for again. */
const ADD = `
  INSERT INTO webhook_delivery (id, endpoint_id, event_id, type, subject, payload, state, created_at, due_since, next_attempt_at)
  SELECT id, $1, event_id, type, subject, payload, 'PENDING', clock_timestamp(), now(), now()
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
    WITH ORDINALITY AS told (id, event_id, type, subject, payload, place) ORDER BY place
  ON CONFLICT (endpoint_id, event_id) DO UPDATE
    SET state = 'PENDING', attempts = 0, due_since = now(), next_attempt_at = now(), finished_at = NULL`;

interface Message extends Told {
  readonly eventId: string;
  readonly at: Date;
}

/** From the logs of projects to what is to be sent. */
export class WebhookIntakeService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly streams: ProjectStreamService;
      readonly webhookEndpoints: WebhookEndpointService;
      readonly webhookPositions: WebhookPositionService;
    },
  ) {}

  /** Endpoints for which there may be something to do. */
  async due(): Promise<WebhookEndpointId[]> {
    const rows = await this.ports.work.sql<{ id: WebhookEndpointId }>(
      'webhook-intake.due',
      DUE,
      [],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Makes one delivery of each event that an endpoint has not been told of, a page of each log at most.
   * @returns whether there may be more
   */
  async fill(endpointId: WebhookEndpointId): Promise<boolean> {
    const { work, webhookEndpoints, webhookPositions } = this.ports;
    const scope = work.read(await work.systemRequest('webhooks', randomUUID()));
    const endpoint = await webhookEndpoints.get(scope, endpointId);
    if (!endpoint.enabled || (await this.isFull(scope, endpointId))) return false;
    const positions = await webhookPositions.of(work.sql, endpointId);
    let isMore = positions.size < WEBHOOK_LOGS.length && (await this.beginOthers(endpointId));
    for (const [log, position] of positions) {
      isMore = (await this.fillFrom(log, position, endpoint)) || isMore;
    }
    return isMore;
  }

  /** Logs that came with a later version are told from now on. */
  private async beginOthers(endpointId: WebhookEndpointId): Promise<boolean> {
    const { work, webhookPositions } = this.ports;
    const request = await work.systemRequest('webhooks', randomUUID());
    await work.change(request, (scope) => webhookPositions.begin(scope, endpointId));
    return true;
  }

  private async fillFrom(
    webhookLog: WebhookLog,
    position: WebhookPosition,
    endpoint: WebhookEndpoint,
  ): Promise<boolean> {
    const { work, streams, webhookEndpoints, webhookPositions } = this.ports;
    const { events, isFull } = await streams.read(webhookLog.log, endpoint.projectId, {
      after: position,
      since: position.since ?? undefined,
      limit: PAGE,
    });
    const last = events.at(-1);
    if (last === undefined) return false;
    const told = await webhookLog.tell(work.sql, events);
    const messages = events.flatMap(({ cursor, at }, i): Message[] => {
      const one = told[i];
      return one === undefined ? [] : [{ ...one, at, eventId: eventIdOf(webhookLog, cursor) }];
    });
    return work.change(await work.systemRequest('webhooks', randomUUID()), async (scope) => {
      const { enabled, eventTypes } = await webhookEndpoints.lock(scope, endpoint.id);
      const place = { endpointId: endpoint.id, log: webhookLog, from: position };
      if (!enabled) return false;
      if (!(await webhookPositions.advance(scope, { ...place, to: last.position }))) return true;
      const wanted = messages.filter(
        ({ type }) => eventTypes.length === 0 || eventTypes.includes(type),
      );
      if (wanted.length > 0) await this.add(scope, endpoint.id, wanted);
      return isFull;
    });
  }

  private async add(
    scope: ChangeScope,
    endpointId: WebhookEndpointId,
    messages: readonly Message[],
  ): Promise<void> {
    await scope.sql('webhook-intake.add', ADD, [
      endpointId,
      messages.map(() => newId()),
      messages.map(({ eventId }) => eventId),
      messages.map(({ type }) => type),
      messages.map(({ subject }) => subject),
      messages.map((message) => payloadOf(message)),
    ]);
  }

  private async isFull(scope: Scope, endpointId: WebhookEndpointId): Promise<boolean> {
    const rows = await scope.sql(
      'webhook-intake.is-full',
      `SELECT FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'PENDING' OFFSET $2 LIMIT 1`,
      [endpointId, MAX_WAITING],
    );
    return rows.length > 0;
  }
}
