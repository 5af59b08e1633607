import { randomBytes } from 'node:crypto';
import { newId, type WebhookEndpointId, type WebhookSecretId } from '../../../kernel/ids.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import { purge } from '../../../platform/database/purge.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import { WebhookSecretEntity } from '../webhook.entity.js';
import { tellSecret } from '../webhook-signature.js';

const PURPOSE = 'webhook-secret';
/** Standard Webhooks asks for 24 to 64. */
const SECRET_BYTES = 32;

/** The secrets that messages are signed with: sealed, as signing needs them as they are. */
export class WebhookSecretService {
  constructor(private readonly keys: KeyRing) {}

  /** @returns the secret, which is told this once */
  async add(scope: ChangeScope, endpointId: WebhookEndpointId): Promise<string> {
    const id = newId<WebhookSecretId>();
    const key = randomBytes(SECRET_BYTES);
    const sealed = this.keys.seal(PURPOSE, id, key);
    await scope.db.insert(WebhookSecretEntity, {
      ...{ id, endpointId, sealed },
      createdAt: scope.now,
      expiresAt: null,
    });
    return tellSecret(key);
  }

  /**
   * Those that run out already keep their own end, unless the new one is nearer.
   * @returns how many still sign
   */
  async retire(
    scope: ChangeScope,
    endpointId: WebhookEndpointId,
    overlapSeconds: number,
  ): Promise<number> {
    const retired = await scope.sql<{ signs: boolean }>(
      'webhook-secret.retire',
      `UPDATE webhook_secret SET expires_at = least(expires_at, now() + make_interval(secs => $2))
       WHERE endpoint_id = $1 RETURNING expires_at > now() AS signs`,
      [endpointId, overlapSeconds],
    );
    return retired.filter(({ signs }) => signs).length;
  }

  /** All that sign at this instant, the latest first. */
  async signing(scope: Scope, endpointId: WebhookEndpointId): Promise<Buffer[]> {
    const rows = await scope.sql<{ id: WebhookSecretId; sealed: Buffer }>(
      'webhook-secret.signing',
      `SELECT id, sealed FROM webhook_secret WHERE endpoint_id = $1 AND (expires_at IS NULL OR expires_at > now())
       ORDER BY created_at DESC, id`,
      [endpointId],
    );
    return rows.map(({ id, sealed }) => this.keys.open(PURPOSE, id, sealed));
  }

  async deleteAllOf(scope: ChangeScope, endpointId: WebhookEndpointId): Promise<void> {
    await scope.db.delete(WebhookSecretEntity, { endpointId });
  }

  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, { table: 'webhook_secret', where: 'expires_at < now()' });
  }
}
