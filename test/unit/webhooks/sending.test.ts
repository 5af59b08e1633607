import type { WebhookEndpointId } from '../../../src/kernel/ids';
import { WebhookSendingService } from '../../../src/features/webhooks/sending/webhook-sending.service';

const ENDPOINTS = Array.from(
  { length: 40 },
  (_, i) => `endpoint-${String(i)}` as WebhookEndpointId,
);

/** Endpoints of which each has always one more message. */
function endless(served: WebhookEndpointId[]): WebhookSendingService {
  const ports = {
    webhookIntake: { due: () => Promise.resolve(ENDPOINTS), fill: () => Promise.resolve(false) },
    webhookQueue: {
      claim: (endpointId: WebhookEndpointId) => {
        served.push(endpointId);
        return Promise.resolve([{ endpointId, url: '', headers: {}, body: '' }]);
      },
      record: () => Promise.resolve(),
    },
    poster: {
      post: () =>
        new Promise((resolve) => {
          setImmediate(resolve, { status: 204, retryAfter: null });
        }),
    },
    log: { debug: () => undefined, info: () => undefined, error: () => undefined },
  };
  return new WebhookSendingService(
    ports as unknown as ConstructorParameters<typeof WebhookSendingService>[0],
  );
}

test('endpoints that always have more to send leave the others their turn', async () => {
  const served: WebhookEndpointId[] = [];
  const sending = endless(served);
  for (let look = 0; look < 10; look += 1) {
    await sending.sendDue();
    for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  await sending.stop();
  expect(new Set(served)).toEqual(new Set(ENDPOINTS));
});
