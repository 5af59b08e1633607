import type { ClientActor } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { FieldProblems } from '../../../kernel/field-problems.js';
import {
  newId,
  parseId,
  type ApiClientId,
  type ProjectId,
  type ScimTokenId,
} from '../../../kernel/ids.js';
import { randomToken, sha256 } from '../../../kernel/secrets.js';
import { textProblem } from '../../../kernel/text.js';
import { purge } from '../../../platform/database/purge.js';
import { loaderOf } from '../../../platform/loaders.js';
import type { ChangeScope, Scope, Sql } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { ApiClient, ApiClientService } from '../api-client.service.js';
import { ScimTokenEntity } from './scim-token.entity.js';
import {
  MAX_VALIDITY_DAYS,
  type NewScimToken,
  type ScimToken,
  type ScimTokenInput,
} from './scim-token.js';

/** Beyond it somebody has forgotten to revoke them. */
const MAX_TOKENS = 20;
const DAY_MS = 86_400_000;
/** By which those who search texts for secrets know one. It is part of the token. */
const PREFIX = 'signet_scim_';

const TOKEN = `t.id, t.api_client_id AS "apiClientId", t.project_id AS "projectId", t.name, t.created_at AS "createdAt",
  t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt"`;

/** Of one statement: the client as it is now, and since when and until when the token stands for it. */
interface Bearer {
  readonly id: ScimTokenId;
  readonly apiClientId: ApiClientId;
  readonly clientId: string;
  readonly scopes: ClientActor['scopes'];
  readonly projectIds: readonly ProjectId[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly now: Date;
  readonly isToNote: boolean;
}

/**
 * Long-lived bearer tokens for directories, which can be given one token and know no client credentials. A token stands for its
 * API client, whose scopes and projects are read at each call, and opens nothing but SCIM.
 */
export class ScimTokenService {
  constructor(
    private readonly clients: ApiClientService,
    private readonly audit: AuditService,
  ) {}

  /** Whether it is made like one at all: neither sessions' tokens nor access tokens begin so. */
  static looksLikeOne(token: string): boolean {
    return token.startsWith(PREFIX);
  }

  /**
   * The token is in the answer, and nowhere else.
   * @throws DomainError NOT_FOUND, INVALID_INPUT; CONFLICT where the client has as many as it may
   */
  async create(scope: ChangeScope, input: ScimTokenInput): Promise<NewScimToken> {
    const client = await this.clients.getLocked(scope, input.clientId);
    const { name, projectId, validityDays } = await this.read(scope, input, client);
    await refuseTooMany(scope, client.id);
    const token = `${PREFIX}${randomToken()}`;
    const scimToken: ScimToken = {
      ...{ id: newId<ScimTokenId>(), apiClientId: client.id, projectId, name },
      createdAt: scope.now,
      expiresAt: new Date(scope.now.getTime() + validityDays * DAY_MS),
      lastUsedAt: null,
    };
    await scope.db.insert(ScimTokenEntity, { ...scimToken, tokenHash: sha256(token) });
    const projects = projectId === null ? 'all projects' : `project:${projectId}`;
    const detail = `${describe(scimToken)}: ${projects}, ${String(validityDays)} days`;
    await this.record(scope, 'scim-token.create', scimToken, detail);
    return { scimToken, token };
  }

  /** It counts for no further call. @throws DomainError NOT_FOUND */
  async revoke(scope: ChangeScope, id: string): Promise<void> {
    const [revoked] = await scope.sql<ScimToken>(
      'scim-token.revoke',
      `WITH t AS (DELETE FROM scim_token WHERE id = $1 RETURNING *) SELECT ${TOKEN} FROM t`,
      [parseId<ScimTokenId>(id) ?? null],
    );
    if (revoked === undefined) throw new DomainError('NOT_FOUND');
    await this.record(scope, 'scim-token.revoke', revoked, describe(revoked));
  }

  /** Of one client, newest first; read together with those of the others of this request. */
  ofClient(scope: Scope, id: ApiClientId): Promise<readonly ScimToken[]> {
    const loader = loaderOf(scope.request, 'scim-tokens', async (ids: readonly ApiClientId[]) => {
      const found = await scope.sql<ScimToken>(
        'scim-token.of-clients',
        `SELECT ${TOKEN} FROM scim_token t WHERE t.api_client_id = ANY($1) ORDER BY t.created_at DESC, t.id`,
        [ids],
      );
      return ids.map((clientId) => found.filter(({ apiClientId }) => apiClientId === clientId));
    });
    return loader.load(id);
  }

  /**
   * Who calls a project's SCIM endpoint with this token: undefined where there is none such, it has run out, it is for another
   * project, or its client is disabled. With the client it is gone.
   */
  async actorOf(
    sql: Sql,
    token: string,
    projectId: string,
  ): Promise<{ readonly actor: ClientActor; readonly now: Date } | undefined> {
    const [bearer] = await sql<Bearer>(
      'scim-token.bearer',
      `SELECT t.id, t.created_at AS "createdAt", t.expires_at AS "expiresAt", now() AS now,
         t.last_used_at IS NULL OR t.last_used_at <= now() - interval '1 hour' AS "isToNote",
         c.id AS "apiClientId", c.client_id AS "clientId", c.scopes, c.project_ids AS "projectIds"
       FROM scim_token t JOIN api_client c ON c.id = t.api_client_id
       WHERE t.token_hash = $1 AND t.expires_at > now() AND c.enabled AND (t.project_id IS NULL OR t.project_id = $2)`,
      [sha256(token), parseId<ProjectId>(projectId) ?? null],
    );
    if (bearer === undefined) return undefined;
    if (bearer.isToNote) await noteUse(sql, bearer.id);
    const { apiClientId, clientId: name, scopes, projectIds, createdAt, expiresAt, now } = bearer;
    return {
      actor: {
        ...{ kind: 'client', apiClientId, name, scopes, projectIds },
        ...{ tokenIssuedAt: createdAt, tokenExpiresAt: expiresAt },
      },
      now,
    };
  }

  /** Those that have run out are listed for a while, so that somebody can see why a directory gets in no more. */
  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, {
      table: 'scim_token',
      where: `expires_at < now() - interval '30 days'`,
    });
  }

  private async read(
    scope: Scope,
    { name: given, projectId: named = null, validityDays }: ScimTokenInput,
    client: ApiClient,
  ): Promise<Pick<ScimToken, 'name' | 'projectId'> & { readonly validityDays: number }> {
    const name = given.normalize('NFC').trim();
    const isTerm = validityDays >= 1 && validityDays <= MAX_VALIDITY_DAYS;
    const projectId = (named === null ? undefined : parseId<ProjectId>(named)) ?? null;
    const isReached =
      projectId === null ? named === null : await this.clients.reaches(scope, client, projectId);
    new FieldProblems()
      .note('name', textProblem(name, { max: 100 }))
      .note('projectId', isReached ? undefined : 'The client reaches no such project.')
      .note('validityDays', isTerm ? undefined : `It must be 1 to ${String(MAX_VALIDITY_DAYS)}.`)
      .refuse();
    return { name, projectId, validityDays };
  }

  private record(
    scope: ChangeScope,
    action: string,
    { apiClientId }: ScimToken,
    detail: string,
  ): Promise<void> {
    return this.audit.record(scope, { action, target: `api-client:${apiClientId}`, detail });
  }
}

function describe({ id, name }: ScimToken): string {
  return `${name} (scim-token:${id})`;
}

/** The client's row is locked. @throws DomainError CONFLICT */
async function refuseTooMany(scope: ChangeScope, id: ApiClientId): Promise<void> {
  const [row] = await scope.sql<{ count: number }>(
    'scim-token.count',
    'SELECT count(*)::int AS count FROM scim_token WHERE api_client_id = $1 AND expires_at > now()',
    [id],
  );
  if ((row?.count ?? 0) < MAX_TOKENS) return;
  throw new DomainError('CONFLICT', { reason: 'TOO_MANY_SCIM_TOKENS', max: MAX_TOKENS });
}

async function noteUse(sql: Sql, id: ScimTokenId): Promise<void> {
  await sql(
    'scim-token.note-use',
    `UPDATE scim_token SET last_used_at = now()
     WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 hour')`,
    [id],
  );
}
