import type { WebhookDeliveryId, WebhookEndpointId } from '../../../kernel/ids.js';
import type { PostAnswer, PostProblem } from '../../../platform/guarded-post.js';
import type { WebhookEndpoint } from '../endpoints/webhook-endpoint.js';
import { signatureHeaders } from '../webhook-signature.js';

/** One attempt that is to be made now. */
export interface Attempt {
  readonly deliveryId: WebhookDeliveryId;
  readonly endpointId: WebhookEndpointId;
  /** Whoever else takes the delivery has another. */
  readonly lease: string;
  readonly type: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What became of an attempt. */
export interface AttemptOutcome {
  readonly answer: PostAnswer | null;
  readonly problem: PostProblem | null;
  readonly milliseconds: number;
}

/** A delivery that was taken for an attempt. */
export interface Claimed {
  readonly id: WebhookDeliveryId;
  readonly eventId: string;
  readonly type: string;
  readonly payload: string;
}
interface Signing {
  readonly endpoint: WebhookEndpoint;
  readonly keys: readonly Buffer[];
  readonly lease: string;
  readonly now: Date;
}

/** With the headers that go along, signed for this instant. */
export function attemptOf({ id, eventId, type, payload }: Claimed, signing: Signing): Attempt {
  const { endpoint, keys, lease, now } = signing;
  return {
    ...{ deliveryId: id, endpointId: endpoint.id, lease, type, url: endpoint.url, body: payload },
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Signet',
      ...signatureHeaders({ id: eventId, at: now, body: payload }, keys),
    },
  };
}

/** Standard Webhooks: any status of the 2xx, and no other. */
export function isSuccess({ answer }: AttemptOutcome): boolean {
  return answer !== null && answer.status >= 200 && answer.status < 300;
}
