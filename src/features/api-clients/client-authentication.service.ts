import type { RequestContext } from '../../kernel/actor.js';
import type { ApiScope } from '../../kernel/api-scopes.js';
import type { ApiClientId } from '../../kernel/ids.js';
import { equalSecrets, sha256 } from '../../kernel/secrets.js';
import { isStorable } from '../../kernel/text.js';
import { addressKey } from '../../platform/address-key.js';
import { purge } from '../../platform/database/purge.js';
import type { LimitName, RateLimits } from '../../platform/rate-limits.js';
import type { ChangeScope, UnitOfWork } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { PublicJwks } from './api-client.js';

/** An API client, as far as the token endpoint has to know it. */
export interface KnownClient {
  readonly id: ApiClientId;
  readonly clientId: string;
  readonly scopes: readonly ApiScope[];
  readonly jwks: PublicJwks | null;
  readonly generation: number;
}

type Counted = readonly (readonly [LimitName, string])[];

/** One token request: counted before anything is compared. `client` is undefined where there is none of this name. */
export interface TokenAttempt {
  readonly client: KnownClient | undefined;
  readonly counted: Counted;
}

/** How API clients prove who they are at the token endpoint. */
export class ClientAuthenticationService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly limits: RateLimits;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * Where the client got a token from this address lately, what others try elsewhere does not count against it: a stranger
   * cannot lock it out.
   * @throws DomainError RATE_LIMITED with `retryAfterSeconds`
   */
  async begin(request: RequestContext, clientId: string): Promise<TokenAttempt> {
    const address = addressKey(request.address);
    // First, or each name that somebody invents would leave its row in the table.
    await this.ports.limits.refuseExhausted('oauth/address', address);
    const found = await this.find(clientId, address);
    const counted: (readonly [LimitName, string])[] = [
      ['oauth/client-and-address', `${clientId} ${address}`],
      ['oauth/address', address],
    ];
    if (found?.isKnownHere !== true) counted.push(['oauth/client', clientId]);
    for (const [limit, key] of counted) await this.ports.limits.take(limit, key);
    return { client: found, counted };
  }

  /** Compares with every secret that counts. Takes as long where there is no such client. */
  async secretMatches({ client }: TokenAttempt, secret: string): Promise<boolean> {
    const rows = await this.ports.work.sql<{ secret_hash: Buffer }>(
      'api-client.secrets',
      `SELECT secret_hash FROM api_client_secret
       WHERE api_client_id = $1 AND (expires_at IS NULL OR expires_at > now())`,
      [client?.id ?? null],
    );
    const hash = sha256(secret);
    const matching = rows.filter(({ secret_hash: known }) => equalSecrets(known, hash));
    return client?.jwks === null && matching.length > 0;
  }

  /**
   * Uses an assertion up, by one conditional insert.
   * @returns false where it was used before
   */
  async useAssertion(id: string, ttlSeconds: number): Promise<boolean> {
    const used = await this.ports.work.sql(
      'api-client.use-assertion',
      `INSERT INTO oauth_assertion (id, expires_at) VALUES ($1, now() + make_interval(secs => $2))
       ON CONFLICT DO NOTHING RETURNING id`,
      [id, ttlSeconds],
    );
    return used.length > 0;
  }

  /** It was the client, and the attempt does not count against it. */
  async succeeded(request: RequestContext, { client, counted }: TokenAttempt): Promise<void> {
    for (const [limit, key] of counted) await this.ports.limits.giveBack(limit, key);
    if (client === undefined) return;
    await this.ports.work.sql(
      'api-client.note-use',
      `WITH used AS (UPDATE api_client SET last_used_at = now()
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute'))
       INSERT INTO api_client_address (api_client_id, address, last_used_at)
       SELECT c.id, $2, now() FROM api_client c WHERE c.id = $1
       ON CONFLICT (api_client_id, address) DO UPDATE SET last_used_at = now()
         WHERE api_client_address.last_used_at < now() - interval '1 hour'`,
      [client.id, addressKey(request.address)],
    );
  }

  /** Written into the audit log, as far as one address may fill it. */
  async failed(request: RequestContext, { client }: TokenAttempt): Promise<void> {
    const { work, limits, audit } = this.ports;
    if (!(await limits.tryTake('audit/refusals', addressKey(request.address)))) return;
    await audit.recordRefusal(work.read(request), {
      operation: 'oauth.token',
      code: 'INVALID_CREDENTIALS',
      target: client && `api-client:${client.id}`,
    });
  }

  /** Deletes, a batch at a time, what no longer counts. */
  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, { table: 'oauth_assertion', where: 'expires_at < now()' });
    await purge(scope, {
      table: 'api_client_secret',
      key: 'secret_hash',
      where: 'expires_at < now()',
    });
    await purge(scope, {
      table: 'api_client_address',
      key: 'api_client_id, address',
      where: `last_used_at < now() - interval '30 days'`,
    });
  }

  private async find(
    clientId: string,
    address: string,
  ): Promise<(KnownClient & { readonly isKnownHere: boolean }) | undefined> {
    const [row] = await this.ports.work.sql<KnownClient & { isKnownHere: boolean }>(
      'api-client.by-client-id',
      `SELECT c.id, c.client_id AS "clientId", c.scopes, c.jwks, c.token_generation AS generation,
         EXISTS (SELECT FROM api_client_address a WHERE a.api_client_id = c.id AND a.address = $2
                   AND a.last_used_at > now() - interval '30 days') AS "isKnownHere"
       FROM api_client c WHERE c.client_id = $1 AND c.enabled`,
      [isStorable(clientId) ? clientId : '', address],
    );
    return row;
  }
}
