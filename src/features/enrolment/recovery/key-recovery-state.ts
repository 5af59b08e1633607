export const KEY_RECOVERY_STATES = [
  'REQUESTED',
  'APPROVED',
  'REJECTED',
  'EXPIRED',
  'USED',
] as const;
export type KeyRecoveryState = (typeof KEY_RECOVERY_STATES)[number];
