import { DomainError } from '../../../kernel/errors.js';
import type { DeviceGrant } from '../enrolment-secrets.js';
import type { Enrolment } from '../enrolment.entity.js';

/** @throws DomainError NOT_FOUND where the enrolment is no longer there, or is another phone's */
export function claimedBy(
  { thumbprint }: DeviceGrant,
  enrolment: Enrolment | undefined,
): Enrolment {
  if (enrolment?.deviceThumbprint !== thumbprint) throw new DomainError('NOT_FOUND');
  return enrolment;
}

/** Whether somebody still has to confirm that it is the right phone. */
export function isUnconfirmed({ confirmation, status }: Enrolment): boolean {
  return status === 'AWAITING_CONFIRMATION' || (confirmation !== 'NONE' && status === 'SCANNED');
}
