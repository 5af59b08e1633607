import { randomInt, randomUUID } from 'node:crypto';
import type { WebhookEndpointId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import { pauseAfter, PATIENCE_SECONDS, secondsWished } from './back-off.js';
import {
  attemptOf,
  isSuccess,
  type Attempt,
  type AttemptOutcome,
  type Claimed,
} from './webhook-attempt.js';
import { TEST_EVENT } from '../webhook-event-types.js';
import type {
  WebhookEndpoint,
  WebhookEndpointService,
} from '../endpoints/webhook-endpoint.service.js';
import type { WebhookSecretService } from '../endpoints/webhook-secret.service.js';
import type { LoggedAttempt } from '../webhook.entity.js';

/** At the same time, of one endpoint, on all instances. One that fails is not hurried. */
const IN_FLIGHT = 8;
const IN_FLIGHT_WHILE_FAILING = 1;
/** An attempt takes 15 seconds at most: after so long whoever has made it is gone. */
export const LEASE_SECONDS = 60;
/** As long as a delivery is tried, but for what passes before its first attempt has failed. */
const DISABLED_AFTER_SECONDS = PATIENCE_SECONDS - 3600;
const GONE = 410;
const CHANCES = 1_000_000;

/**
 * $1 endpoint, $2 lease, $3 how long, $4 how many. What is about the same waits for what came before it, until that has been tried
 * once: where nothing fails, everything arrives in order, and a message that is not taken holds nothing up.
 */
const CLAIM = `
  WITH due AS (
    SELECT d.id FROM webhook_delivery d
    WHERE d.endpoint_id = $1 AND d.state = 'PENDING' AND d.next_attempt_at <= now()
      AND (d.leased_until IS NULL OR d.leased_until <= now())
      AND NOT EXISTS (
        SELECT FROM webhook_delivery b WHERE b.endpoint_id = $1 AND b.subject = d.subject AND b.state = 'PENDING'
          AND b.sequence < d.sequence AND (b.attempts = 0 OR b.leased_until > now()))
    ORDER BY d.next_attempt_at, d.sequence LIMIT $4 FOR UPDATE SKIP LOCKED
  )
  UPDATE webhook_delivery d SET attempts = attempts + 1, lease = $2, leased_until = now() + make_interval(secs => $3)
  FROM due WHERE d.id = due.id
  RETURNING d.id, d.event_id AS "eventId", d.type, d.payload`;

/** Attempts are kept as they come, the latest forty of them. */
const NOTED = `jsonb_path_query_array(attempt_log, '$[last - 38 to last]') || $3::jsonb`;
const RECORD = `
  UPDATE webhook_delivery SET state = $4, lease = NULL, leased_until = NULL, attempt_log = ${NOTED},
    finished_at = CASE WHEN $4 <> 'PENDING' THEN now() END,
    next_attempt_at = now() + make_interval(secs => $5)
  WHERE id = $1 AND lease = $2`;

interface Standing {
  readonly attempts: number;
  readonly type: string;
  readonly elapsedSeconds: number;
}

/** What is sent when, and what became of it. Each transaction locks the endpoint before its deliveries. */
export class WebhookQueueService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly webhookEndpoints: WebhookEndpointService;
      readonly webhookSecrets: WebhookSecretService;
    },
  ) {}

  /** Takes what is to be sent now, as far as there is room for more on their way. */
  async claim(endpointId: WebhookEndpointId): Promise<Attempt[]> {
    const { webhookEndpoints, webhookSecrets } = this.ports;
    return this.change(async (scope) => {
      const endpoint = await webhookEndpoints.lock(scope, endpointId);
      const room = endpoint.enabled ? await this.roomOf(scope, endpoint) : 0;
      if (room <= 0) return [];
      const lease = randomUUID();
      const values = [endpointId, lease, LEASE_SECONDS, room];
      const claimed = await scope.sql<Claimed>('webhook-queue.claim', CLAIM, values);
      if (claimed.length === 0) return [];
      const keys = await webhookSecrets.signing(scope, endpointId);
      return claimed.map((one) => attemptOf(one, { endpoint, keys, lease, now: scope.now }));
    });
  }

  /** @throws Error where it cannot be written: the attempt is then made again after its lease */
  async record(attempt: Attempt, outcome: AttemptOutcome): Promise<void> {
    const { webhookEndpoints } = this.ports;
    await this.change(async (scope) => {
      const endpoint = await webhookEndpoints.lock(scope, attempt.endpointId);
      const standing = await this.standingOf(scope, attempt);
      if (standing === undefined) return; // taken over meanwhile
      const isTaken = isSuccess(outcome);
      const pause = isTaken ? null : pauseOf(standing, outcome, scope.now);
      const state = isTaken ? 'DELIVERED' : pause === null ? 'FAILED' : 'PENDING';
      const logged = JSON.stringify([loggedOf(outcome, scope.now)]);
      const values = [attempt.deliveryId, attempt.lease, logged, state, pause ?? 0];
      await scope.sql('webhook-queue.record', RECORD, values);
      if (standing.type !== TEST_EVENT) await this.judge(scope, endpoint, { outcome, state });
    });
  }

  /** As if the attempt had not been begun. */
  async handBack({ deliveryId, lease }: Attempt): Promise<void> {
    await this.ports.work.sql(
      'webhook-queue.hand-back',
      `UPDATE webhook_delivery SET attempts = greatest(attempts - 1, 0), lease = NULL, leased_until = NULL
       WHERE id = $1 AND lease = $2`,
      [deliveryId, lease],
    );
  }

  private async roomOf(scope: Scope, { id, failingSince }: WebhookEndpoint): Promise<number> {
    const [row] = await scope.sql<{ flying: number }>(
      'webhook-queue.flying',
      `SELECT count(*)::int AS flying FROM webhook_delivery
       WHERE endpoint_id = $1 AND state = 'PENDING' AND leased_until > now()`,
      [id],
    );
    return (failingSince === null ? IN_FLIGHT : IN_FLIGHT_WHILE_FAILING) - (row?.flying ?? 0);
  }

  private async standingOf(
    scope: ChangeScope,
    { deliveryId, lease }: Attempt,
  ): Promise<Standing | undefined> {
    const [row] = await scope.sql<Standing>(
      'webhook-queue.standing',
      `SELECT attempts, type, extract(epoch FROM now() - due_since)::float8 AS "elapsedSeconds"
       FROM webhook_delivery WHERE id = $1 AND lease = $2 FOR UPDATE`,
      [deliveryId, lease],
    );
    return row;
  }

  /** What an outcome says of the endpoint as a whole. */
  private async judge(
    scope: ChangeScope,
    endpoint: WebhookEndpoint,
    { outcome, state }: { readonly outcome: AttemptOutcome; readonly state: string },
  ): Promise<void> {
    if (!endpoint.enabled) return;
    const { webhookEndpoints } = this.ports;
    if (state === 'DELIVERED') {
      if (endpoint.failingSince !== null) await this.noteFailing(scope, endpoint, null);
      return;
    }
    if (endpoint.failingSince === null) await this.noteFailing(scope, endpoint, scope.now);
    // Standard Webhooks: who answers so wants no more.
    if (outcome.answer?.status === GONE) await webhookEndpoints.disable(scope, endpoint, 'GONE');
    else if (state === 'FAILED' && hasFailedThroughout(endpoint, scope.now)) {
      await webhookEndpoints.disable(scope, endpoint, 'FAILING');
    }
  }

  private async noteFailing(
    scope: ChangeScope,
    { id }: WebhookEndpoint,
    since: Date | null,
  ): Promise<void> {
    await scope.sql(
      'webhook-queue.note-failing',
      'UPDATE webhook_endpoint SET failing_since = $2 WHERE id = $1',
      [id, since],
    );
  }

  private async change<T>(change: (scope: ChangeScope) => Promise<T>): Promise<T> {
    const { work } = this.ports;
    return work.change(await work.systemRequest('webhooks', randomUUID()), change);
  }
}

/** A test is one attempt. */
function pauseOf(
  { attempts, type, elapsedSeconds }: Standing,
  { answer }: AttemptOutcome,
  now: Date,
): number | null {
  if (type === TEST_EVENT) return null;
  return pauseAfter({
    failures: attempts,
    elapsedSeconds,
    wishedSeconds: secondsWished(answer?.retryAfter ?? null, now),
    chance: randomInt(CHANCES) / CHANCES,
  });
}

function hasFailedThroughout({ failingSince }: WebhookEndpoint, now: Date): boolean {
  if (failingSince === null) return false;
  return now.getTime() - failingSince.getTime() >= DISABLED_AFTER_SECONDS * 1000;
}

function loggedOf({ answer, problem, milliseconds }: AttemptOutcome, now: Date): LoggedAttempt {
  return { at: now.toISOString(), status: answer?.status ?? null, problem, milliseconds };
}
