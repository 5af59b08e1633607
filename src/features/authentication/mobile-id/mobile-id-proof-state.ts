export const MOBILE_ID_PROOF_STATES = [
  'WAITING',
  'ANSWERED',
  'REJECTED',
  'EXPIRED',
  'USED',
] as const;
export type MobileIdProofState = (typeof MOBILE_ID_PROOF_STATES)[number];

/** How far a proof has come; from the highest it goes nowhere. */
const PROGRESS = {
  WAITING: 1,
  ANSWERED: 2,
  REJECTED: 3,
  EXPIRED: 3,
  USED: 3,
} as const satisfies Record<MobileIdProofState, number>;

export function progressOf(state: MobileIdProofState): number {
  return PROGRESS[state];
}

export function isFinal(state: MobileIdProofState): boolean {
  return PROGRESS[state] === PROGRESS.USED;
}
