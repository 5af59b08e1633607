import type { DeviceTask } from '../../../phone/contract.js';
import type { Progress } from '../../../phone/phone.js';
import { KIND_TEXT } from '../../shared/certificates.js';

export interface Step {
  readonly text: string;
  readonly state: 'DONE' | 'NOW' | 'NEXT';
}

/** The work as a list that fills up from the top. */
export function stepsOf(task: DeviceTask, progress: Progress | undefined): Step[] {
  const kinds = task.keyRequests
    .filter(({ origin }) => origin === 'DEVICE')
    .map(({ kind }) => kind);
  const texts = [
    ...kinds.map((kind) => `Make the ${KIND_TEXT[kind].name.toLowerCase()} key`),
    task.keyRequests.length === 1 ? 'Get the certificate' : 'Get the certificates',
    'Check and store everything',
  ];
  const at = positionOf(kinds, progress);
  return texts.map((text, i) => ({ text, state: stateAt(i, at) }));
}

function stateAt(position: number, now: number): Step['state'] {
  if (position < now) return 'DONE';
  return position === now ? 'NOW' : 'NEXT';
}

function positionOf(kinds: readonly string[], progress: Progress | undefined): number {
  if (progress?.step === 'MAKING_KEY') return kinds.indexOf(progress.kind);
  return progress === undefined ? 0 : kinds.length + AFTER_KEYS[progress.step];
}

type Elsewhere = Exclude<Progress['step'], 'MAKING_KEY'>;
/** How far behind the last key; before the first key nothing counts yet. */
const AFTER_KEYS: Readonly<Record<Elsewhere, number>> = {
  CLAIMING: Number.NEGATIVE_INFINITY,
  CLAIMED: Number.NEGATIVE_INFINITY,
  AWAITING_CONFIRMATION: Number.NEGATIVE_INFINITY,
  RETRYING: 0,
  ACTIVATING: 0,
  CHECKING: 1,
  STORED: 2,
};
