import { Sweeper } from '../../edge/jobs/sweeper.js';
import { WebhookDeliveryService } from '../../features/webhooks/sending/webhook-delivery.service.js';
import { WebhookEndpointService } from '../../features/webhooks/endpoints/webhook-endpoint.service.js';
import { WebhookIntakeService } from '../../features/webhooks/sending/webhook-intake.service.js';
import { ProfileLogService } from '../../features/webhooks/endpoints/webhook-logs.service.js';
import { WebhookPositionService } from '../../features/webhooks/endpoints/webhook-position.service.js';
import { WebhookQueueService } from '../../features/webhooks/sending/webhook-queue.service.js';
import { WebhookSecretService } from '../../features/webhooks/endpoints/webhook-secret.service.js';
import { WebhookSendingService } from '../../features/webhooks/sending/webhook-sending.service.js';
import { AddressGuard } from '../../platform/address-guard.js';
import { GuardedPoster } from '../../platform/guarded-post.js';
import type { Logger } from '../../platform/logger.js';
import type { Base, Ground } from './base.js';

const LOOK_MS = 500;

/** Telling host systems what has happened. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Services names what it returns
export function createWebhooks(base: Base, { allowedNetworks, log }: Ground['webhooks']) {
  const guard = new AddressGuard(allowedNetworks);
  const webhookPositions = new WebhookPositionService(base.streams);
  const webhookSecrets = new WebhookSecretService(base.keys);
  const below = { ...base, guard, webhookPositions, webhookSecrets };
  const webhookEndpoints = new WebhookEndpointService(below);
  const own = { ...below, webhookEndpoints };
  const webhookDeliveries = new WebhookDeliveryService(own);
  const webhookIntake = new WebhookIntakeService(own);
  const webhookQueue = new WebhookQueueService(own);
  const sending = { ...own, webhookDeliveries, webhookIntake, webhookQueue, log };
  return {
    ...{ webhookDeliveries, webhookEndpoints, webhookSecrets },
    profileLog: new ProfileLogService(),
    webhookSending: new WebhookSendingService({ ...sending, poster: new GuardedPoster({ guard }) }),
  };
}

/** On every instance: each message is sent by whoever takes it first. */
export function startWebhooks(
  { webhookSending }: { readonly webhookSending: WebhookSendingService },
  log: Logger,
): { stop(): Promise<unknown> } {
  const sweeper = new Sweeper(() => webhookSending.sendDue(), LOOK_MS, log);
  sweeper.start();
  return { stop: () => Promise.all([sweeper.stop(), webhookSending.stop()]) };
}
