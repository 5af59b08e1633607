import { reachesProject } from '../../../kernel/actor.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import { newId, parseId, type ProjectId, type WebhookEndpointId } from '../../../kernel/ids.js';
import type { AddressGuard } from '../../../platform/address-guard.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import type { UserService } from '../../users/user.service.js';
import { readEndpoint, type EndpointDraft, type EndpointInput } from './endpoint-input.js';
import {
  DELIVERY_STATES,
  DISABLED_REASONS,
  WebhookDeliveryEntity,
  WebhookEndpointEntity,
  WebhookPositionEntity,
  type DisabledReason,
  type WebhookDeliveryState,
} from '../webhook.entity.js';
import { ENDPOINT, originOf, type WebhookEndpoint } from './webhook-endpoint.js';
import type { WebhookPositionService } from './webhook-position.service.js';
import type { WebhookSecretService } from './webhook-secret.service.js';

export { DELIVERY_STATES, DISABLED_REASONS };
export type { DisabledReason, EndpointInput, WebhookDeliveryState, WebhookEndpoint };

/** An endpoint with its new secret, which is told this once. */
export interface WebhookEndpointWithSecret {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string;
}

/** For whoever looks after the receiver. */
export interface WebhookNotice {
  readonly to: string;
  readonly projectName: string;
  readonly description: string;
  readonly origin: string;
  readonly reason: DisabledReason;
}

/** How long the earlier secret still signs after a rotation, unless asked otherwise. Seconds. */
export const DEFAULT_OVERLAP_SECONDS = 86_400;
const MAX_OVERLAP_SECONDS = 604_800;
const MAX_SECRETS = 5;
const MAX_ENDPOINTS = 20;

interface Ports {
  readonly audit: AuditService;
  readonly guard: AddressGuard;
  readonly notifications: NotificationService;
  readonly projects: ProjectService;
  readonly users: UserService;
  readonly webhookPositions: WebhookPositionService;
  readonly webhookSecrets: WebhookSecretService;
}

/** Where host systems are told of a project's events. Whoever changes more than one row locks the endpoint first. */
export class WebhookEndpointService {
  constructor(private readonly ports: Ports) {}

  /** Of a project, newest first. @throws DomainError NOT_FOUND */
  async list(scope: Scope, projectId: string): Promise<WebhookEndpoint[]> {
    const project = await this.ports.projects.find(scope, projectId);
    if (project === undefined) throw new DomainError('NOT_FOUND');
    return scope.sql<WebhookEndpoint>(
      'webhook-endpoint.list',
      `SELECT ${ENDPOINT} FROM webhook_endpoint e WHERE e.project_id = $1 ORDER BY e.created_at DESC, e.id`,
      [project.id],
    );
  }

  /** @throws DomainError NOT_FOUND, also where it is out of the actor's reach */
  async get(scope: Scope, id: string): Promise<WebhookEndpoint> {
    return found(scope, await this.select(scope, id, ''));
  }

  /** @throws DomainError NOT_FOUND, INVALID_INPUT; CONFLICT where the project has too many */
  async create(
    scope: ChangeScope,
    projectId: string,
    input: EndpointInput,
  ): Promise<WebhookEndpointWithSecret> {
    const project = await this.ports.projects.find(scope, projectId);
    if (project === undefined) throw new DomainError('NOT_FOUND');
    const draft = readEndpoint(input, await this.blank(scope), this.ports.guard);
    await this.refuseTooMany(scope, project.id);
    const id = newId<WebhookEndpointId>();
    const endpoint = {
      ...{ ...draft, id, projectId: project.id, createdAt: scope.now },
      ...standing(draft.enabled, scope.now),
    };
    await scope.db.insert(WebhookEndpointEntity, {
      ...endpoint,
      eventTypes: [...draft.eventTypes],
    });
    await this.ports.webhookPositions.begin(scope, id);
    const secret = await this.ports.webhookSecrets.add(scope, id);
    await this.record(scope, endpoint, 'create', originOf(endpoint));
    return { endpoint, secret };
  }

  /**
   * What waits is sent to the new URL. Turned on again, all that has happened meanwhile is told, and what waits has three days more.
   * @throws DomainError NOT_FOUND, INVALID_INPUT
   */
  async update(scope: ChangeScope, id: string, input: EndpointInput): Promise<WebhookEndpoint> {
    const present = await this.lock(scope, id);
    const draft = readEndpoint(input, present, this.ports.guard);
    const isTurned = draft.enabled !== present.enabled;
    const endpoint = {
      ...{ ...present, ...draft },
      ...(isTurned ? standing(draft.enabled, scope.now) : {}),
    };
    const { disabledReason, disabledAt, failingSince } = endpoint;
    await scope.db.update(
      WebhookEndpointEntity,
      { id: endpoint.id },
      { ...draft, eventTypes: [...draft.eventTypes], disabledReason, disabledAt, failingSince },
    );
    if (isTurned && draft.enabled) await this.takeUpAgain(scope, endpoint.id);
    await this.record(scope, endpoint, 'update', changes(present, endpoint));
    return endpoint;
  }

  /** For good, with all that it has not been told. @throws DomainError NOT_FOUND */
  async delete(scope: ChangeScope, id: string): Promise<void> {
    const endpoint = await this.lock(scope, id);
    await this.ports.webhookSecrets.deleteAllOf(scope, endpoint.id);
    await scope.db.delete(WebhookPositionEntity, { endpointId: endpoint.id });
    await scope.db.delete(WebhookDeliveryEntity, { endpointId: endpoint.id });
    await scope.db.delete(WebhookEndpointEntity, { id: endpoint.id });
    await this.record(scope, endpoint, 'delete', originOf(endpoint));
  }

  /**
   * A new secret. The earlier ones sign beside it for so many seconds more; with none, it alone signs from now on.
   * @throws DomainError NOT_FOUND, INVALID_INPUT; CONFLICT where too many earlier ones still sign
   */
  async rotateSecret(
    scope: ChangeScope,
    id: string,
    overlapSeconds: number,
  ): Promise<WebhookEndpointWithSecret> {
    if (overlapSeconds < 0 || overlapSeconds > MAX_OVERLAP_SECONDS) {
      throw invalidInput('overlapSeconds', `It must be 0 to ${String(MAX_OVERLAP_SECONDS)}.`);
    }
    const endpoint = await this.lock(scope, id);
    const signing = await this.ports.webhookSecrets.retire(scope, endpoint.id, overlapSeconds);
    if (signing >= MAX_SECRETS) throw new DomainError('CONFLICT', { reason: 'TOO_MANY_SECRETS' });
    const secret = await this.ports.webhookSecrets.add(scope, endpoint.id);
    await this.record(scope, endpoint, 'rotate-secret', `overlap ${String(overlapSeconds)} s`);
    return { endpoint, secret };
  }

  /** Tells whoever is to be told. The endpoint's row is locked by the caller. */
  async disable(
    scope: ChangeScope,
    endpoint: WebhookEndpoint,
    reason: Exclude<DisabledReason, 'ADMINISTRATOR'>,
  ): Promise<void> {
    await scope.db.update(
      WebhookEndpointEntity,
      { id: endpoint.id },
      { enabled: false, disabledReason: reason, disabledAt: scope.now },
    );
    await this.record(scope, endpoint, 'disable', reason);
    if (endpoint.alertEmail !== null) {
      await this.ports.notifications.notify(scope, 'WEBHOOK_DISABLED', endpoint.id, {
        projectId: endpoint.projectId,
      });
    }
  }

  /** What the mail tells that `disable` has ordered; null where there is nothing to tell any more. */
  async notice(scope: Scope, id: string): Promise<WebhookNotice | null> {
    const endpoint = await this.select(scope, id, '');
    if (endpoint === undefined || endpoint.alertEmail === null) return null;
    const { alertEmail, disabledReason, projectId, description } = endpoint;
    if (disabledReason === null) return null;
    const { name } = await this.ports.projects.get(scope, projectId);
    return {
      ...{ to: alertEmail, projectName: name, description },
      ...{ origin: originOf(endpoint), reason: disabledReason },
    };
  }

  /** With its row locked until the transaction ends. @throws DomainError NOT_FOUND */
  async lock(scope: ChangeScope, id: string): Promise<WebhookEndpoint> {
    return found(scope, await this.select(scope, id, 'FOR NO KEY UPDATE'));
  }

  private async select(
    scope: Scope,
    id: string,
    lock: '' | 'FOR NO KEY UPDATE',
  ): Promise<WebhookEndpoint | undefined> {
    const known = parseId<WebhookEndpointId>(id);
    if (known === undefined) return undefined;
    const [endpoint] = await scope.sql<WebhookEndpoint>(
      lock === '' ? 'webhook-endpoint.find' : 'webhook-endpoint.lock',
      `SELECT ${ENDPOINT} FROM webhook_endpoint e WHERE e.id = $1 ${lock}`,
      [known],
    );
    return endpoint;
  }

  /** Unless told otherwise, whoever makes an endpoint is told when it is turned off. */
  private async blank(scope: Scope): Promise<EndpointDraft> {
    const { actor } = scope;
    const creator =
      actor.kind === 'user' ? await this.ports.users.find(scope, actor.userId) : undefined;
    const alertEmail = creator?.email ?? null;
    return { url: '', description: '', eventTypes: [], alertEmail, enabled: true };
  }

  private async refuseTooMany(scope: ChangeScope, projectId: ProjectId): Promise<void> {
    await scope.sql(
      'webhook-endpoint.hold-project',
      `SELECT pg_advisory_xact_lock(hashtextextended('webhook-endpoints:' || $1::text, 0))`,
      [projectId],
    );
    const [row] = await scope.sql<{ count: number }>(
      'webhook-endpoint.count',
      'SELECT count(*)::int AS count FROM webhook_endpoint WHERE project_id = $1',
      [projectId],
    );
    if ((row?.count ?? 0) >= MAX_ENDPOINTS) {
      throw new DomainError('CONFLICT', { reason: 'TOO_MANY_ENDPOINTS', max: MAX_ENDPOINTS });
    }
  }

  private async takeUpAgain(scope: ChangeScope, id: WebhookEndpointId): Promise<void> {
    await scope.sql(
      'webhook-endpoint.take-up-again',
      `UPDATE webhook_delivery SET attempts = 0, due_since = now(), next_attempt_at = now()
       WHERE endpoint_id = $1 AND state = 'PENDING'`,
      [id],
    );
  }

  private record(
    scope: ChangeScope,
    { id }: WebhookEndpoint,
    action: string,
    detail: string,
  ): Promise<void> {
    const target = `webhook-endpoint:${id}`;
    return this.ports.audit.record(scope, { action: `webhook-endpoint.${action}`, target, detail });
  }
}

function found({ actor }: Scope, endpoint: WebhookEndpoint | undefined): WebhookEndpoint {
  if (endpoint === undefined || !reachesProject(actor, endpoint.projectId)) {
    throw new DomainError('NOT_FOUND');
  }
  return endpoint;
}

function standing(
  enabled: boolean,
  now: Date,
): Pick<WebhookEndpoint, 'disabledReason' | 'disabledAt' | 'failingSince'> {
  return enabled
    ? { disabledReason: null, disabledAt: null, failingSince: null }
    : { disabledReason: 'ADMINISTRATOR', disabledAt: now, failingSince: null };
}

const COMPARED = ['url', 'description', 'eventTypes', 'alertEmail', 'enabled'] as const;

function changes(before: WebhookEndpoint, after: WebhookEndpoint): string {
  const changed = COMPARED.filter((field) => String(before[field]) !== String(after[field]));
  const to = changed.includes('url') ? ` → ${originOf(after)}` : '';
  return `${changed.join(' ')}${to}`;
}
