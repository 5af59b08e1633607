import type { IdentityProviderId, UserId } from '../../../kernel/ids.js';
import { sha256 } from '../../../kernel/secrets.js';
import { purge } from '../../../platform/database/purge.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { SamlOutcome } from './saml-outcome.js';

/** How long a person may take at the provider. */
export const REQUEST_SECONDS = 300;

/** One that was begun, and may wait for its answer. */
export interface PendingRequest {
  readonly id: string;
  readonly createdAt: Date;
  readonly maxAgeSeconds: number | null;
  /** How many answers have come, with this one. */
  readonly answers: number;
  readonly isAnswered: boolean;
}

/** One that was answered, as the browser comes back with it. */
export interface AnsweredRequest {
  /** Who was signed in when it began. */
  readonly userId: UserId | null;
  readonly returnTo: string;
  readonly outcome: SamlOutcome;
}

export interface NewRequest {
  readonly id: string;
  readonly providerId: IdentityProviderId;
  readonly kind: 'SIGN_IN' | 'SIGN_OUT';
  readonly browserToken: string;
  readonly userId: UserId | null;
  readonly returnTo: string;
  readonly maxAgeSeconds: number | null;
}

/** By which a browser takes up what it began. */
export interface RequestKey {
  readonly id: string;
  readonly providerId: IdentityProviderId;
  readonly browserToken: string;
}

/** As they are made here: anything else names nothing. */
const REQUEST_ID = /^_[0-9a-f]{40}$/;
const OPEN = `id = $1 AND provider_id = $2 AND browser_hash = $3 AND expires_at > now()`;

/** What browsers have begun at providers: each is answered once, by the browser that began it, and finished once. */
export class SamlRequestService {
  async begin(scope: Scope, request: NewRequest): Promise<void> {
    await scope.sql(
      'saml-request.begin',
      `INSERT INTO saml_request (id, provider_id, kind, browser_hash, user_id, return_to, max_age_seconds, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now() + make_interval(secs => $8))`,
      [
        request.id,
        request.providerId,
        request.kind,
        sha256(request.browserToken),
        request.userId,
        request.returnTo,
        request.maxAgeSeconds,
        REQUEST_SECONDS,
      ],
    );
  }

  /**
   * What an answer of this provider may answer in this browser; also where it was answered before. Counts the answer, so that
   * it is not for a scope whose writes may be undone.
   */
  async pending({ sql }: Scope, key: RequestKey): Promise<PendingRequest | undefined> {
    if (!REQUEST_ID.test(key.id)) return undefined;
    const [row] = await sql<PendingRequest>(
      'saml-request.pending',
      `UPDATE saml_request SET answers = answers + 1 WHERE ${OPEN} AND kind = 'SIGN_IN'
       RETURNING id, created_at AS "createdAt", max_age_seconds AS "maxAgeSeconds", answers,
         answered_at IS NOT NULL AS "isAnswered"`,
      valuesOf(key),
    );
    return row;
  }

  /**
   * Notes that a message was accepted, and what it answers: one insert, of which only one can succeed.
   * @returns false where the message, or another answer to the same request, was accepted before
   */
  async accept(
    scope: ChangeScope,
    message: {
      readonly providerId: IdentityProviderId;
      readonly messageId: string;
      readonly requestId: string | null;
      readonly until: Date;
    },
  ): Promise<boolean> {
    const accepted = await scope.sql(
      'saml-message.accept',
      `INSERT INTO saml_message (provider_id, message_id, request_id, expires_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING RETURNING message_id`,
      [message.providerId, message.messageId, message.requestId, message.until],
    );
    return accepted.length === 1;
  }

  /** Keeps what was said until the browser is back. @returns false where the request is not open any more */
  async answer(scope: ChangeScope, key: RequestKey, outcome: SamlOutcome): Promise<boolean> {
    const answered = await scope.sql(
      'saml-request.answer',
      `UPDATE saml_request SET answered_at = now(), outcome = $4 WHERE ${OPEN} AND answered_at IS NULL RETURNING id`,
      [...valuesOf(key), JSON.stringify(outcome)],
    );
    return answered.length === 1;
  }

  /** Takes what was said, once; it is forgotten with that. */
  async finish(scope: ChangeScope, key: RequestKey): Promise<AnsweredRequest | undefined> {
    if (!REQUEST_ID.test(key.id)) return undefined;
    const [row] = await scope.sql<{
      user_id: UserId | null;
      return_to: string;
      outcome: SamlOutcome;
    }>(
      'saml-request.finish',
      `WITH answered AS (
         SELECT id, user_id, return_to, outcome FROM saml_request
         WHERE ${OPEN} AND answered_at IS NOT NULL AND finished_at IS NULL FOR UPDATE)
       UPDATE saml_request r SET finished_at = now(), outcome = NULL FROM answered
       WHERE r.id = answered.id RETURNING answered.user_id, answered.return_to, answered.outcome`,
      valuesOf(key),
    );
    return row && { userId: row.user_id, returnTo: row.return_to, outcome: row.outcome };
  }

  /** For a sign-out, which has no outcome. @returns false where it was finished before */
  async close(scope: ChangeScope, key: RequestKey): Promise<boolean> {
    if (!REQUEST_ID.test(key.id)) return false;
    const closed = await scope.sql(
      'saml-request.close',
      `UPDATE saml_request SET answered_at = now(), finished_at = now()
       WHERE ${OPEN} AND kind = 'SIGN_OUT' AND finished_at IS NULL RETURNING id`,
      valuesOf(key),
    );
    return closed.length === 1;
  }

  /** Deletes, a batch at a time, what can no longer be answered or shown again. */
  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, { table: 'saml_request', where: `expires_at < now() - interval '1 hour'` });
    await purge(scope, {
      table: 'saml_message',
      key: 'provider_id, message_id',
      where: `expires_at < now() - interval '1 hour'`,
    });
  }
}

function valuesOf({ id, providerId, browserToken }: RequestKey): unknown[] {
  return [id, providerId, sha256(browserToken)];
}
