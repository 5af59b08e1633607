import type { StepUp } from './step-up.js';

type Prove = Extract<StepUp, { kind: 'PROVE' }>;

interface Circumstances {
  /** What waits for the proof, e.g. "to order a mobile ID". */
  readonly purpose: string;
  /** What proves nothing for it, as the subject of a sentence. */
  readonly excluded?: string | undefined;
  /** Proofs given in this panel so far. */
  readonly given: number;
  /** The session was opened by a password and nothing else. */
  readonly isPasswordAlone: boolean;
}

const CHANGED = 'What you are about to change';

/** Why one more proof is asked for, and how many. */
export function stepUpText({ reason, more }: Prove, circumstances: Circumstances): string {
  const why = whyText(reason, circumstances);
  if (more === 0) return why;
  return `${why} ${String(more + 1)} proofs are needed; this is the next one.`;
}

export function impossibleText(
  { reason }: Extract<StepUp, { kind: 'IMPOSSIBLE' }>,
  purpose: string,
  excluded = CHANGED,
): string {
  return reason === 'SAME_CREDENTIAL'
    ? `${excluded} cannot prove who you are ${purpose}, and nothing else that would do is set up for you yet. Set up another way first, or ask your administrator.`
    : `One more proof of who you are is needed ${purpose}, and none that would do is set up for you yet. Please ask your administrator.`;
}

function whyText(
  reason: Prove['reason'],
  { purpose, given, isPasswordAlone, excluded = CHANGED }: Circumstances,
): string {
  switch (reason) {
    case 'SAME_CREDENTIAL':
      return `${excluded} cannot prove who you are ${purpose}. Use something else.`;
    case 'STALE':
      return `Your last proof is too long ago ${purpose}.`;
    case 'ABSENT':
      if (given > 0) return `One more proof is needed ${purpose}.`;
      return isPasswordAlone
        ? `Your password alone is not enough ${purpose}.`
        : `What you have proven so far is not enough ${purpose}.`;
  }
}
