import type { ClientActor } from '../../kernel/actor.js';
import { DomainError, invalidInput } from '../../kernel/errors.js';
import { newId, parseId, type ApiClientId, type ProjectId } from '../../kernel/ids.js';
import { randomToken, sha256 } from '../../kernel/secrets.js';
import { announce } from '../../platform/event-bus/event-bus.js';
import type { ChangeScope, Scope, Sql } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import {
  ApiClientAddressEntity,
  ApiClientEntity,
  ApiClientSecretEntity,
} from './api-client.entity.js';
import { apiClientStopped } from './api-client.events.js';
import {
  readDraft,
  type ApiClientDraft,
  type ApiClientInput,
  type ExistingProjects,
} from './api-client-input.js';
import type { ApiClient, ClientToken } from './api-client.js';
import { ASSERTION_ALGORITHMS } from './client-jwks.js';
import { ScimTokenEntity } from './scim-tokens/scim-token.entity.js';

export { ASSERTION_ALGORITHMS };
export type { ApiClient, ApiClientInput, ClientToken };

/** A client with its new secret, which is shown this once. */
export interface ApiClientWithSecret {
  readonly client: ApiClient;
  readonly clientSecret: string;
}

/** How long the earlier secret still counts after a rotation, unless asked otherwise. Seconds. */
export const DEFAULT_OVERLAP_SECONDS = 86_400;
const MAX_OVERLAP_SECONDS = 604_800;
const MAX_SECRETS = 10;
/** Characters of base64url: 132 random bits. */
const CLIENT_ID_CHARACTERS = 22;
const BLANK: ApiClientDraft = { name: '', scopes: [], projectIds: [], jwks: null, enabled: true };

const CLIENT = `c.id, c.client_id AS "clientId", c.name, c.scopes, c.project_ids AS "projectIds", c.jwks, c.enabled,
  c.created_at AS "createdAt", c.last_used_at AS "lastUsedAt"`;

/** Trusted applications: what they are called, what they may do, and with what they prove who they are. */
export class ApiClientService {
  constructor(
    private readonly audit: AuditService,
    /** Projects lie above this slice: which of these there are. */
    private readonly existingProjects: (
      scope: Scope,
      ids: readonly ProjectId[],
    ) => ReturnType<ExistingProjects>,
  ) {}

  /** Newest first. */
  list(scope: Scope): Promise<ApiClient[]> {
    return scope.sql<ApiClient>(
      'api-client.list',
      `SELECT ${CLIENT} FROM api_client c ORDER BY c.created_at DESC, c.id`,
      [],
    );
  }

  /** @throws DomainError NOT_FOUND */
  async get(scope: Scope, id: string): Promise<ApiClient> {
    return this.found(scope, id, '');
  }

  /** As it stays until the transaction ends. @throws DomainError NOT_FOUND */
  getLocked(scope: ChangeScope, id: string): Promise<ApiClient> {
    return this.found(scope, id, 'FOR UPDATE');
  }

  async find(scope: Scope, id: string): Promise<ApiClient | undefined> {
    const known = parseId<ApiClientId>(id);
    return known && this.select(scope, known, '');
  }

  /** Whether there is such a project, within those that the client is limited to. */
  async reaches(scope: Scope, { projectIds }: ApiClient, projectId: ProjectId): Promise<boolean> {
    if (projectIds.length > 0 && !projectIds.includes(projectId)) return false;
    return (await this.existingProjects(scope, [projectId])).has(projectId);
  }

  /** @throws DomainError INVALID_INPUT with the path of every refused field */
  async create(scope: ChangeScope, input: ApiClientInput): Promise<ApiClientWithSecret> {
    const draft = await this.draft(scope, input, BLANK, '');
    const id = newId<ApiClientId>();
    const clientId = randomToken().slice(0, CLIENT_ID_CHARACTERS);
    const client = { ...draft, id, clientId, createdAt: scope.now, lastUsedAt: null };
    await scope.db.insert(ApiClientEntity, { ...client, tokenGeneration: 1 });
    const clientSecret = await this.addSecret(scope, id);
    await this.record(scope, client, 'api-client.create', describe(client));
    return { client, clientSecret };
  }

  /** In force for the next call on every instance. @throws DomainError NOT_FOUND, INVALID_INPUT */
  async update(scope: ChangeScope, id: string, input: ApiClientInput): Promise<ApiClient> {
    const present = await this.getLocked(scope, id);
    const draft = await this.draft(scope, input, present, 'input.');
    const client = { ...present, ...draft };
    await scope.db.update(ApiClientEntity, { id: client.id }, { ...draft });
    const isStopped = present.enabled && !client.enabled;
    // What is being watched in a project is judged by rules, which know no projects: so the tokens end, and their sockets.
    if (isStopped || differs(present.jwks, client.jwks) || losesProjects(present, client)) {
      await this.voidTokens(scope, client.id);
    }
    if (isStopped) {
      await scope.db.delete(ScimTokenEntity, { apiClientId: client.id });
      await scope.raise(apiClientStopped, { apiClientId: client.id });
    }
    await announce(scope, `api-client:${client.id}`);
    await this.record(scope, client, 'api-client.update', changes(present, client));
    return client;
  }

  /**
   * A new secret. The earlier one counts for so many seconds more; with none, it ends at once, and with it every token that
   * was given out.
   * @throws DomainError NOT_FOUND, INVALID_INPUT; CONFLICT where too many earlier ones still count
   */
  async rotateSecret(
    scope: ChangeScope,
    id: string,
    overlapSeconds: number = DEFAULT_OVERLAP_SECONDS,
  ): Promise<ApiClientWithSecret> {
    if (overlapSeconds < 0 || overlapSeconds > MAX_OVERLAP_SECONDS) {
      throw invalidInput('overlapSeconds', `It must be 0 to ${String(MAX_OVERLAP_SECONDS)}.`);
    }
    const client = await this.getLocked(scope, id);
    const live = await this.retireSecrets(scope, client.id, overlapSeconds);
    if (live >= MAX_SECRETS) throw new DomainError('CONFLICT', { reason: 'TOO_MANY_SECRETS' });
    const clientSecret = await this.addSecret(scope, client.id);
    if (overlapSeconds === 0) {
      await this.voidTokens(scope, client.id);
      await announce(scope, `api-client:${client.id}`);
    }
    await this.record(
      scope,
      client,
      'api-client.rotate-secret',
      `overlap ${String(overlapSeconds)} s`,
    );
    return { client, clientSecret };
  }

  /** For good: no token of it counts any more, and its sockets are closed. @throws DomainError NOT_FOUND */
  async delete(scope: ChangeScope, id: string): Promise<void> {
    const client = await this.getLocked(scope, id);
    await scope.db.delete(ApiClientSecretEntity, { apiClientId: client.id });
    await scope.db.delete(ApiClientAddressEntity, { apiClientId: client.id });
    await scope.db.delete(ApiClientEntity, { id: client.id });
    await scope.raise(apiClientStopped, { apiClientId: client.id });
    await announce(scope, `api-client:${client.id}`);
    await this.record(scope, client, 'api-client.delete', client.name);
  }

  /**
   * Who calls with this token, read anew each time: undefined where the token has run out, or the client is deleted,
   * disabled, or no longer stands by its tokens. Of the token's scopes only those count that the client still has.
   */
  async actorOf(
    sql: Sql,
    token: ClientToken,
  ): Promise<{ readonly actor: ClientActor; readonly now: Date } | undefined> {
    const [row] = await sql<ApiClient & { now: Date }>(
      'api-client.actor',
      `SELECT ${CLIENT}, now() AS now FROM api_client c
       WHERE c.client_id = $1 AND c.enabled AND c.token_generation = $2 AND $3 > now()`,
      [token.clientId, token.generation, token.expiresAt],
    );
    if (row === undefined) return undefined;
    const actor: ClientActor = {
      kind: 'client',
      apiClientId: row.id,
      name: row.clientId,
      scopes: row.scopes.filter((scope) => token.scopes.includes(scope)),
      projectIds: row.projectIds,
      tokenIssuedAt: token.issuedAt,
      tokenExpiresAt: token.expiresAt,
    };
    return { actor, now: row.now };
  }

  /**
   * For what a client leaves behind, such as an order: holds off its deletion until the transaction ends.
   * @throws DomainError UNAUTHENTICATED where it is deleted or disabled already
   */
  async requireStanding(scope: ChangeScope, id: ApiClientId): Promise<void> {
    const standing = await scope.sql(
      'api-client.hold',
      'SELECT id FROM api_client WHERE id = $1 AND enabled FOR SHARE',
      [id],
    );
    if (standing.length === 0) throw new DomainError('UNAUTHENTICATED');
  }

  private draft(
    scope: Scope,
    input: ApiClientInput,
    present: ApiClientDraft,
    prefix: string,
  ): Promise<ApiClientDraft> {
    const existing: ExistingProjects = (ids) => this.existingProjects(scope, ids);
    return readDraft(input, present, { prefix, existing });
  }

  private async found(scope: Scope, id: string, lock: '' | 'FOR UPDATE'): Promise<ApiClient> {
    const known = parseId<ApiClientId>(id);
    const client = known && (await this.select(scope, known, lock));
    if (client === undefined) throw new DomainError('NOT_FOUND');
    return client;
  }

  private async select(
    scope: Scope,
    id: ApiClientId,
    lock: '' | 'FOR UPDATE',
  ): Promise<ApiClient | undefined> {
    const [client] = await scope.sql<ApiClient>(
      lock === '' ? 'api-client.find' : 'api-client.lock',
      `SELECT ${CLIENT} FROM api_client c WHERE c.id = $1 ${lock}`,
      [id],
    );
    return client;
  }

  private async addSecret(scope: ChangeScope, id: ApiClientId): Promise<string> {
    const secret = randomToken();
    await scope.db.insert(ApiClientSecretEntity, {
      secretHash: sha256(secret),
      apiClientId: id,
      createdAt: scope.now,
      expiresAt: null,
    });
    return secret;
  }

  /** Those that run out already keep their own end, unless the new one is nearer. @returns how many still count */
  private async retireSecrets(
    scope: ChangeScope,
    id: ApiClientId,
    overlapSeconds: number,
  ): Promise<number> {
    const retired = await scope.sql<{ counts: boolean }>(
      'api-client.retire-secrets',
      `UPDATE api_client_secret SET expires_at = least(expires_at, now() + make_interval(secs => $2))
       WHERE api_client_id = $1 RETURNING expires_at > now() AS counts`,
      [id, overlapSeconds],
    );
    return retired.filter(({ counts }) => counts).length;
  }

  private async voidTokens(scope: ChangeScope, id: ApiClientId): Promise<void> {
    await scope.sql(
      'api-client.void-tokens',
      'UPDATE api_client SET token_generation = token_generation + 1 WHERE id = $1',
      [id],
    );
  }

  private record(
    scope: ChangeScope,
    { id }: ApiClient,
    action: string,
    detail: string,
  ): Promise<void> {
    return this.audit.record(scope, { action, target: `api-client:${id}`, detail });
  }
}

function describe({ clientId, name, scopes }: ApiClient): string {
  return `${name} (${clientId}): ${scopes.join(' ')}`;
}

const COMPARED = ['name', 'scopes', 'projectIds', 'jwks', 'enabled'] as const;

function changes(before: ApiClient, after: ApiClient): string {
  const changed = COMPARED.filter((field) => differs(before[field], after[field]));
  const scopes = changed.includes('scopes') ? ` → ${after.scopes.join(' ')}` : '';
  return `${changed.join(' ')}${scopes}`;
}

/** No entries are all projects. */
function losesProjects(before: ApiClient, after: ApiClient): boolean {
  if (after.projectIds.length === 0) return false;
  return (
    before.projectIds.length === 0 || before.projectIds.some((id) => !after.projectIds.includes(id))
  );
}

function differs(a: unknown, b: unknown): boolean {
  return JSON.stringify(canonical(a)) !== JSON.stringify(canonical(b));
}

/** jsonb gives members back in an order of its own. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, canonical(inner)]);
}
