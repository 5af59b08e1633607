import { DomainError } from '../../../kernel/errors.js';
import type { ProvisioningSettings } from '../../projects/project.service.js';

const MILLISECONDS_A_DAY = 86_400_000;
const LEAST_DAYS = 30;

/** From when on a certificate may be renewed: from the first reminder of its end. */
export class RenewalPolicy {
  renewableFrom(
    notAfter: Date,
    { expiryReminderDays }: Pick<ProvisioningSettings, 'expiryReminderDays'>,
  ): Date {
    const days = Math.max(LEAST_DAYS, ...expiryReminderDays);
    return new Date(notAfter.getTime() - days * MILLISECONDS_A_DAY);
  }

  /** @throws DomainError INVALID_TRANSITION with `renewableFrom` */
  refuseEarly(
    now: Date,
    notAfter: Date,
    settings: Pick<ProvisioningSettings, 'expiryReminderDays'>,
  ): void {
    const from = this.renewableFrom(notAfter, settings);
    if (now < from) {
      throw new DomainError('INVALID_TRANSITION', { renewableFrom: from.toISOString() });
    }
  }
}
