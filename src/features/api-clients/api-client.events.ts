import type { ApiClientId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';

/** The API client was deleted or disabled: what it has begun must not go on. */
export const apiClientStopped = eventType<{ readonly apiClientId: ApiClientId }>(
  'api-client.stopped',
);
