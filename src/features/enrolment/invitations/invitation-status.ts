import type { MobileIdProfile } from '../../profiles/profile.service.js';
import { stateAt } from '../../profiles/profile.service.js';
import type { Enrolment } from '../enrolment.service.js';
import type { EnrolmentStatus } from '../enrolment-status.js';

export const INVITATION_STATUSES = [
  'QUEUED',
  'SENT',
  'BOUNCED',
  'OPENED',
  'ACTIVE',
  'EXPIRED',
  'SUPERSEDED',
  'RESET',
  'FAILED',
  'CANCELLED',
] as const;
export type InvitationStatus = (typeof INVITATION_STATUSES)[number];

type Invited = Pick<
  Enrolment,
  'status' | 'channel' | 'delivery' | 'openedAt' | 'codeExpiresAt' | 'expiresAt'
>;
type MobileId = Pick<MobileIdProfile, 'state' | 'suspendedBy' | 'validTo'>;

/** What is over is told by how it ended; of the others, these are with a phone. */
const FIXED: Partial<Record<EnrolmentStatus, InvitationStatus>> = {
  CANCELLED: 'CANCELLED',
  EXPIRED: 'EXPIRED',
  FAILED: 'FAILED',
  SUPERSEDED: 'SUPERSEDED',
};
const UNSCANNED: readonly EnrolmentStatus[] = ['DELIVERING', 'WAITING_FOR_SCAN', 'CODE_EXPIRED'];

/**
 * Where an invitation stands at this instant, as who has sent it wants to know.
 * @param mobileId what it led to; null where it led to none, or none that is there any more
 * @returns null for an order that was not sent by mail or text message
 */
export function invitationStatusOf(
  invited: Invited,
  mobileId: MobileId | null,
  now: Date,
): InvitationStatus | null {
  if (invited.channel !== 'EMAIL' && invited.channel !== 'SMS') return null;
  if (invited.status === 'ACTIVE') return afterActivation(mobileId, now);
  return FIXED[invited.status] ?? whileOpen(invited, now);
}

function afterActivation(mobileId: MobileId | null, now: Date): InvitationStatus {
  if (mobileId === null || mobileId.suspendedBy.includes('PROJECT')) return 'RESET';
  const state = stateAt(mobileId, now);
  if (state === 'REVOKED') return 'RESET';
  return state === 'EXPIRED' ? 'EXPIRED' : 'ACTIVE';
}

/** What has run out has, whether or not the sweep has noticed. */
function whileOpen(
  { status, delivery, openedAt, codeExpiresAt, expiresAt }: Invited,
  now: Date,
): InvitationStatus {
  if (expiresAt <= now) return 'EXPIRED';
  if (!UNSCANNED.includes(status)) return 'OPENED';
  if (status === 'CODE_EXPIRED' || codeExpiresAt <= now) return 'EXPIRED';
  if (openedAt !== null) return 'OPENED';
  if (delivery === 'BOUNCED') return 'BOUNCED';
  return status === 'DELIVERING' && delivery !== 'SENT' ? 'QUEUED' : 'SENT';
}
