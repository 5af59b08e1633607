import { ActivationService } from '../features/enrolment/activation.service.js';
import { ClaimService } from '../features/enrolment/claim.service.js';
import { ConfirmationService } from '../features/enrolment/confirmation.service.js';
import { DeliveryService } from '../features/enrolment/delivery.service.js';
import { EnrolmentLog } from '../features/enrolment/enrolment-log.service.js';
import { EnrolmentSecrets } from '../features/enrolment/enrolment-secrets.js';
import { EnrolmentService } from '../features/enrolment/enrolment.service.js';
import { ExpiryService } from '../features/enrolment/expiry.service.js';
import { OffersService } from '../features/enrolment/offers.service.js';
import { OrderingService } from '../features/enrolment/ordering.service.js';
import { ExpiryReminderService } from '../features/enrolment/renewal/expiry-reminder.service.js';
import { RenewalEndService } from '../features/enrolment/renewal/renewal-end.service.js';
import { RenewalKeyService } from '../features/enrolment/renewal/renewal-key.service.js';
import { RenewalStandingService } from '../features/enrolment/renewal/renewal-standing.service.js';
import { RenewalService } from '../features/enrolment/renewal/renewal.service.js';
import { ReplacementService } from '../features/enrolment/replacement.service.js';
import { StatusService } from '../features/enrolment/status.service.js';
import type { createAccess } from './access.js';
import type { Base } from './base.js';

/** From the order to the active profile. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Services names what it returns
export function createEnrolment(
  base: Base,
  { access, exclusions }: Pick<ReturnType<typeof createAccess>, 'access' | 'exclusions'>,
) {
  const { keys, notifications, audit, projects, bus } = base;
  const secrets = new EnrolmentSecrets(keys);
  const log = new EnrolmentLog();
  const enrolments = new EnrolmentService({ log, secrets, notifications, audit });
  const replacements = new ReplacementService({ ...base, access, exclusions });
  const renewalKeys = new RenewalKeyService(base);
  const renewalStanding = new RenewalStandingService(base);
  const own = { ...base, log, secrets, enrolments, replacements };
  return {
    ...{ log, secrets, enrolments },
    offers: new OffersService(projects, enrolments, access),
    ordering: new OrderingService(own),
    claims: new ClaimService(own),
    activations: new ActivationService(own),
    confirmations: new ConfirmationService(own),
    delivery: new DeliveryService(own),
    expiry: new ExpiryService(log, audit),
    renewalStanding,
    renewals: new RenewalService({ ...base, renewalKeys, renewalStanding }),
    renewalEnds: new RenewalEndService({ ...base, renewalKeys }),
    expiryReminders: new ExpiryReminderService(base),
    status: new StatusService(enrolments, log, bus),
  };
}
