import type { ProjectId, WebhookEndpointId } from '../../../kernel/ids.js';
import type { EndpointDraft } from './endpoint-input.js';
import type { DisabledReason } from '../webhook.entity.js';

/** Where a host system is told of a project's events. */
export interface WebhookEndpoint extends EndpointDraft {
  readonly id: WebhookEndpointId;
  readonly projectId: ProjectId;
  readonly disabledReason: DisabledReason | null;
  readonly disabledAt: Date | null;
  readonly failingSince: Date | null;
  readonly createdAt: Date;
}

export const ENDPOINT = `e.id, e.project_id AS "projectId", e.url, e.description, e.event_types AS "eventTypes",
  e.alert_email AS "alertEmail", e.enabled, e.disabled_reason AS "disabledReason", e.disabled_at AS "disabledAt",
  e.failing_since AS "failingSince", e.created_at AS "createdAt"`;

/** What is told of it where it must not tell too much: a URL's path and query may hold the receiver's secrets. */
export function originOf({ url }: Pick<WebhookEndpoint, 'url'>): string {
  return new URL(url).origin;
}
