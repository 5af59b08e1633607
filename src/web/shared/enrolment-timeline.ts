/** Where an enrolment can stand: the contract's EnrolmentStatus. */
export type EnrolmentStatus =
  | 'DELIVERING'
  | 'WAITING_FOR_SCAN'
  | 'CODE_EXPIRED'
  | 'SCANNED'
  | 'AWAITING_CONFIRMATION'
  | 'CONFIRMED'
  | 'ISSUING'
  | FinalStatus;
export type FinalStatus = 'ACTIVE' | 'CANCELLED' | 'EXPIRED' | 'FAILED' | 'SUPERSEDED';

export interface StatusEvent {
  readonly cursor: string;
  readonly status: EnrolmentStatus;
  readonly at: string;
}

/** What has happened so far, oldest first, each event once. */
export interface Timeline {
  readonly events: readonly StatusEvent[];
}

export const EMPTY_TIMELINE: Timeline = { events: [] };

/** Adds what is new. Events come in order; whatever comes again (history and live stream overlap) is left out. */
export function append(timeline: Timeline, events: readonly StatusEvent[]): Timeline {
  const known = new Set(timeline.events.map(({ cursor }) => cursor));
  const fresh = events.filter(({ cursor }) => !known.has(cursor));
  return fresh.length === 0 ? timeline : { events: [...timeline.events, ...fresh] };
}

/** Where to resume: the cursor of the last event seen. */
export function resumeAfter(timeline: Timeline): string | undefined {
  return timeline.events.at(-1)?.cursor;
}

export function statusOf(timeline: Timeline): EnrolmentStatus | undefined {
  return timeline.events.at(-1)?.status;
}

export function isFinal(status: EnrolmentStatus): status is FinalStatus {
  return STAGE_OF[status] === undefined || status === 'ACTIVE';
}

export type Stage = 'SEND' | 'SCAN' | 'CONFIRM' | 'ISSUE' | 'ACTIVE';
export type StageState = 'DONE' | 'CURRENT' | 'AHEAD' | 'STOPPED';
export interface StageView {
  readonly stage: Stage;
  readonly state: StageState;
  /** When it was done, where that is known. */
  readonly doneAt?: string;
}

const STAGES: readonly Stage[] = ['SEND', 'SCAN', 'CONFIRM', 'ISSUE', 'ACTIVE'];

/** The stage that is under way in a status; undefined where the enrolment ended without a mobile ID. */
const STAGE_OF: Readonly<Record<EnrolmentStatus, Stage | undefined>> = {
  DELIVERING: 'SEND',
  WAITING_FOR_SCAN: 'SCAN',
  CODE_EXPIRED: 'SCAN',
  SCANNED: 'ISSUE',
  AWAITING_CONFIRMATION: 'CONFIRM',
  CONFIRMED: 'ISSUE',
  ISSUING: 'ISSUE',
  ACTIVE: 'ACTIVE',
  CANCELLED: undefined,
  EXPIRED: undefined,
  FAILED: undefined,
  SUPERSEDED: undefined,
};

/** The enrolment as a short list of stages; SEND and CONFIRM only where this enrolment has them. */
export function stagesOf(timeline: Timeline): readonly StageView[] {
  const seen = new Set(timeline.events.map(({ status }) => status));
  const shown = STAGES.filter(
    (stage) =>
      (stage !== 'SEND' || seen.has('DELIVERING')) &&
      (stage !== 'CONFIRM' || seen.has('AWAITING_CONFIRMATION')),
  );
  const last = timeline.events.at(-1)?.status ?? 'WAITING_FOR_SCAN';
  const reached = shown.indexOf(furthestStage(timeline));
  return shown.map((stage, index) => {
    const doneAt = doneSince(timeline, stage);
    return {
      stage,
      state: stateOf(index, reached, last),
      ...(index < reached && doneAt !== undefined ? { doneAt } : {}),
    };
  });
}

function stateOf(index: number, reached: number, last: EnrolmentStatus): StageState {
  if (index < reached || last === 'ACTIVE') return 'DONE';
  if (index > reached) return 'AHEAD';
  return isFinal(last) ? 'STOPPED' : 'CURRENT';
}

function furthestStage(timeline: Timeline): Stage {
  const stages = timeline.events.flatMap(({ status }) => STAGE_OF[status] ?? []);
  return stages.at(-1) ?? 'SCAN';
}

function doneSince(timeline: Timeline, stage: Stage): string | undefined {
  const rank = STAGES.indexOf(stage);
  return timeline.events.find(({ status }) => {
    const reached = STAGE_OF[status];
    return reached !== undefined && STAGES.indexOf(reached) > rank;
  })?.at;
}
