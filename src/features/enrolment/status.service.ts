import { DomainError, invalidInput } from '../../kernel/errors.js';
import type { EnrolmentId } from '../../kernel/ids.js';
import type { EventBus } from '../../platform/event-bus.js';
import type { Scope } from '../../platform/scope.js';
import type { EnrolmentLog, LoggedEvent } from './enrolment-log.service.js';
import { isFinal } from './enrolment-status.js';
import type { EnrolmentService } from './enrolment.service.js';
import { LogStream } from '../events/log-stream.service.js';

export interface StatusEvent extends LoggedEvent {
  readonly enrolmentId: EnrolmentId;
}

/** The live status of an enrolment, read from its log. */
export class StatusService {
  constructor(
    private readonly enrolments: EnrolmentService,
    private readonly log: EnrolmentLog,
    private readonly bus: Pick<EventBus, 'listen'>,
  ) {}

  /**
   * First what has happened since the cursor `after`, or without it the last event; then each event as it is committed. Ends
   * after a final status.
   * @throws DomainError NOT_FOUND, INVALID_INPUT for a foreign cursor
   */
  async follow(
    scope: Scope,
    id: string,
    after: string | null,
  ): Promise<AsyncIterableIterator<StatusEvent>> {
    const position = after === null ? undefined : numberOf(after);
    const enrolment = await this.enrolments.visible(scope, id);
    if (enrolment === undefined) throw new DomainError('NOT_FOUND');
    const enrolmentId = enrolment.id;
    const named = (events: readonly LoggedEvent[]): StatusEvent[] =>
      events.map((event) => ({ ...event, enrolmentId }));
    const first = position === undefined ? named(await this.log.latest(scope, enrolmentId)) : [];
    return new LogStream<StatusEvent>(
      {
        after: async (number) => named(await this.log.after(scope, enrolmentId, number)),
        isLast: ({ status }) => isFinal(status),
        listen: (wake) => this.bus.listen(`enrolment:${enrolmentId}`, wake),
      },
      position ?? 0,
      first,
    );
  }

  /** The log of an enrolment that the caller may see, behind the cursor `after`. */
  async events(
    scope: Scope,
    enrolmentId: EnrolmentId,
    after: string | null,
  ): Promise<StatusEvent[]> {
    const events = await this.log.after(scope, enrolmentId, after === null ? 0 : numberOf(after));
    return events.map((event) => ({ ...event, enrolmentId }));
  }
}

/** As callers see it: the number is the position to resume from. */
export function toEvent({ number, ...event }: StatusEvent): Omit<StatusEvent, 'number'> & {
  readonly cursor: string;
} {
  return { ...event, cursor: String(number) };
}

function numberOf(cursor: string): number {
  if (!/^\d{1,9}$/.test(cursor)) throw invalidInput('after', 'It is no cursor of this enrolment.');
  return Number(cursor);
}
