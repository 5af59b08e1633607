import { randomUUID } from 'node:crypto';
import { Sweeper } from '../edge/jobs/sweeper.js';
import type { Logger } from '../platform/logger.js';
import { purgeAnnouncements } from '../platform/event-bus/event-bus.js';
import type { ChangeScope } from '../platform/scope.js';
import type { Services } from './services/services.js';

const EXPIRY_MS = 1000;
/** Of mobile IDs that run out within days. */
const RENEWAL_MS = 10_000;
const PURGE_MS = 600_000;
const LOST_MESSAGES_MS = 60_000;
/** What changes within it comes into one list. */
const LISTS_MS = 400;
const OCSP_SIGNERS_MS = 60_000;

/** What nobody asks for: noticing what has run out, and deleting what is over for long. On every instance. */
export function startHousekeeping(services: Services, log: Logger): { stop(): Promise<unknown> } {
  const { work, expiry, expiryReminders, renewalEnds, profiles, confirmations, methodLocks } =
    services;
  const sweeper = (
    { name, everyMs }: { name: string; everyMs: number },
    sweep: (scope: ChangeScope) => Promise<void>,
  ): Sweeper =>
    new Sweeper(
      async () => work.change(await work.systemRequest(name, randomUUID()), sweep),
      everyMs,
      log,
    );
  const sweepers = [
    sweeper({ name: 'expiry', everyMs: EXPIRY_MS }, async (scope) => {
      await expiry.sweep(scope);
      await profiles.expire(scope);
      await services.mobileIdProofs.expire(scope);
      await services.keyRecoveryEnds.expire(scope);
    }),
    sweeper({ name: 'confirmations', everyMs: EXPIRY_MS }, (scope) =>
      confirmations.failExhausted(scope),
    ),
    sweeper({ name: 'attempts', everyMs: EXPIRY_MS }, (scope) => methodLocks.report(scope)),
    sweeper({ name: 'messages', everyMs: LOST_MESSAGES_MS }, (scope) =>
      services.messageQueue.requeueLost(scope),
    ),
    new Sweeper(
      async () => {
        const request = await work.systemRequest('renewal', randomUUID());
        await renewalEnds.supersedeOverdue(request);
        await expiryReminders.remind(request);
      },
      RENEWAL_MS,
      log,
    ),
    sweeper({ name: 'purge', everyMs: PURGE_MS }, (scope) => purgeAll(services, scope)),
    ...publishers(services, log),
  ];
  for (const each of sweepers) each.start();
  return { stop: () => Promise.all(sweepers.map((each) => each.stop())) };
}

/** They open their own transactions, one for each list and each key. */
function publishers(services: Services, log: Logger): Sweeper[] {
  const { revocationLists, ocspSigners } = services;
  return [
    new Sweeper(() => revocationLists.publishDue(), LISTS_MS, log),
    new Sweeper(() => ocspSigners.renewDue(), OCSP_SIGNERS_MS, log),
  ];
}

/** Deletes a batch of everything that is good for a time, and kept for a while after. */
export async function purgeAll(services: Services, scope: ChangeScope): Promise<void> {
  const passing = [
    services.activationClaims,
    services.challenges,
    services.clientAuthentication,
    services.enrolmentBatches,
    services.estAnswers,
    services.expiryReminders,
    services.keyDelivery,
    services.messageQueue,
    services.methodLocks,
    services.mobileIdProofs,
    services.ocspSigners,
    services.oneTimeCodes,
    services.passwordLinks,
    services.samlRequests,
    services.samlSessions,
    services.scimTokens,
    services.sessions,
    services.totp,
    services.userImports,
    services.webhookDeliveries,
    services.webhookSecrets,
  ];
  for (const each of passing) await each.purge(scope);
  await purgeAnnouncements(scope);
}
