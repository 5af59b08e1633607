import type { Profile } from '../home/documents.js';
import type { DeviceNoun } from './device-text.js';

/** What its holder can do about a mobile ID. */
export type Move = 'SUSPEND' | 'REACTIVATE' | 'REPLACE' | 'REVOKE';

/**
 * What is possible now. What an operator has suspended, or the account's own end, is not for the holder to lift; who was removed
 * from a programme gets no other mobile ID there either.
 */
export function movesOf({
  state,
  suspendedBy,
}: Pick<Profile, 'state' | 'suspendedBy'>): readonly Move[] {
  switch (state) {
    case 'ACTIVE':
      return ['SUSPEND', 'REPLACE', 'REVOKE'];
    case 'INACTIVE':
      if (suspendedBy.includes('PROJECT')) return ['REVOKE'];
      return isSuspendedByHolderAlone(suspendedBy)
        ? ['REACTIVATE', 'REPLACE', 'REVOKE']
        : ['REPLACE', 'REVOKE'];
    case 'REVOKED':
    case 'EXPIRED':
      return [];
  }
}

/** Over for good: it only stands there to be looked at. */
export function isOver({ state }: Pick<Profile, 'state'>): boolean {
  return state === 'REVOKED' || state === 'EXPIRED';
}

function isSuspendedByHolderAlone(suspendedBy: Profile['suspendedBy']): boolean {
  return suspendedBy.length === 1 && suspendedBy[0] === 'HOLDER';
}

/** Why somebody revokes his mobile ID, as he would say it. */
export const WHY_REVOKED = ['LOST', 'STOLEN', 'NOT_NEEDED', 'OTHER'] as const;

export type WhyRevoked = (typeof WHY_REVOKED)[number];

interface Revocation {
  /** What the holder reads and chooses. */
  readonly label: (device: DeviceNoun) => string;
  /** What relying parties are told. */
  readonly cause: 'KEY_COMPROMISE' | 'CESSATION_OF_OPERATION' | 'UNSPECIFIED';
  /** For the audit log, where lost and stolen are not the same. */
  readonly reason: string;
}

export const REVOCATIONS: Readonly<Record<WhyRevoked, Revocation>> = {
  LOST: {
    label: (device) => `I have lost the ${device}`,
    cause: 'KEY_COMPROMISE',
    reason: 'Lost',
  },
  STOLEN: {
    label: (device) => `The ${device} was stolen, or somebody else has used it`,
    cause: 'KEY_COMPROMISE',
    reason: 'Stolen, or used by somebody else',
  },
  NOT_NEEDED: {
    label: () => 'I no longer need it',
    cause: 'CESSATION_OF_OPERATION',
    reason: 'No longer needed',
  },
  OTHER: { label: () => 'Something else', cause: 'UNSPECIFIED', reason: 'Another reason' },
};
