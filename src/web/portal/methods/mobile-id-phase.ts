import type { MobileIdProof } from './documents.js';

/** What the page shows of a proof: the code, that the phone has signed, or why it came to nothing. */
export type MobileIdPhase = 'WAITING' | 'SIGNED' | 'REJECTED' | 'EXPIRED' | 'REFUSED';

interface ProofFacts {
  readonly state: MobileIdProof['state'];
  readonly secondsLeft: number;
  /** The server did not take what the phone signed, or does not let this page watch. */
  readonly refused: boolean;
}

export function phaseOf({ state, secondsLeft, refused }: ProofFacts): MobileIdPhase {
  if (refused) return 'REFUSED';
  switch (state) {
    case 'WAITING':
      return secondsLeft === 0 ? 'EXPIRED' : 'WAITING';
    case 'ANSWERED':
    case 'USED':
      return 'SIGNED';
    case 'REJECTED':
    case 'EXPIRED':
      return state;
  }
}

/** One sentence; empty where an alert beside it says why. */
export function phaseText(phase: MobileIdPhase, device: string): string {
  switch (phase) {
    case 'WAITING':
      return 'Waiting for your phone …';
    case 'SIGNED':
      return `Confirmed on ${device}. One moment …`;
    case 'REJECTED':
      return `Turned down on ${device}, or the number was not right. Nothing was confirmed.`;
    case 'EXPIRED':
      return 'The code has run out.';
    case 'REFUSED':
      return '';
  }
}
