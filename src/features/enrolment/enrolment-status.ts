export const ENROLMENT_STATUSES = [
  'DELIVERING',
  'WAITING_FOR_SCAN',
  'CODE_EXPIRED',
  'SCANNED',
  'AWAITING_CONFIRMATION',
  'CONFIRMED',
  'ISSUING',
  'ACTIVE',
  'CANCELLED',
  'EXPIRED',
  'FAILED',
  'SUPERSEDED',
] as const;
export type EnrolmentStatus = (typeof ENROLMENT_STATUSES)[number];

const GIVEN_UP = ['CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED'] as const;

/**
 * The life of an enrolment. It is ordered, by mail begins DELIVERING and on screen WAITING_FOR_SCAN; a code that runs out
 * unscanned can be renewed. The phone that scans it makes it SCANNED, which is where it begins by a project's activation code,
 * and, where the project asks for more than the scan, AWAITING_CONFIRMATION until somebody has confirmed the phone. With the
 * phone's requests it is ISSUING, and with the certificates stored ACTIVE. Until then it can be given up for one of four
 * reasons.
 */
const NEXT: Readonly<Record<EnrolmentStatus, readonly EnrolmentStatus[]>> = {
  DELIVERING: ['WAITING_FOR_SCAN', ...GIVEN_UP],
  WAITING_FOR_SCAN: ['CODE_EXPIRED', 'SCANNED', ...GIVEN_UP],
  CODE_EXPIRED: ['WAITING_FOR_SCAN', ...GIVEN_UP],
  SCANNED: ['AWAITING_CONFIRMATION', 'ISSUING', ...GIVEN_UP],
  AWAITING_CONFIRMATION: ['CONFIRMED', ...GIVEN_UP],
  CONFIRMED: ['ISSUING', ...GIVEN_UP],
  ISSUING: ['ACTIVE', ...GIVEN_UP],
  ACTIVE: [],
  CANCELLED: [],
  EXPIRED: [],
  FAILED: [],
  SUPERSEDED: [],
};

function mayFollow(from: EnrolmentStatus, to: EnrolmentStatus): boolean {
  return NEXT[from].includes(to);
}

/** All statuses from which `to` may follow. */
export function predecessorsOf(to: EnrolmentStatus): EnrolmentStatus[] {
  return ENROLMENT_STATUSES.filter((from) => mayFollow(from, to));
}

export function isFinal(status: EnrolmentStatus): boolean {
  return NEXT[status].length === 0;
}

/** Whether the code can be scanned at this instant. A mailed one can be before its delivery is reported. */
export function canBeScanned(
  { status, codeExpiresAt }: { readonly status: EnrolmentStatus; readonly codeExpiresAt: Date },
  now: Date,
): boolean {
  const isOpen = status === 'WAITING_FOR_SCAN' || status === 'DELIVERING';
  return isOpen && codeExpiresAt > now;
}

export const OPEN_STATUSES = ENROLMENT_STATUSES.filter((status) => !isFinal(status));
