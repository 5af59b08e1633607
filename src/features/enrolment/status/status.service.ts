import { DomainError, invalidInput } from '../../../kernel/errors.js';
import type { EnrolmentId } from '../../../kernel/ids.js';
import type { EventBus } from '../../../platform/event-bus/event-bus.js';
import type { Scope } from '../../../platform/scope.js';
import type { EnrolmentLog, LoggedEvent } from '../enrolment-log.service.js';
import { isFinal } from '../enrolment-status.js';
import type { Enrolment, EnrolmentService } from '../enrolment.service.js';
import { LogStream } from '../../events/log-stream.service.js';

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
    const enrolment = await this.enrolments.visible(scope, id);
    if (enrolment === undefined) throw new DomainError('NOT_FOUND');
    const enrolmentId = enrolment.id;
    const position = after === null ? undefined : positionIn(enrolment, after);
    const named = (events: readonly LoggedEvent[]): StatusEvent[] =>
      events.map((event) => ({ ...event, enrolmentId }));
    const first = position === undefined ? named(await this.log.latest(scope, enrolmentId)) : [];
    return new LogStream<StatusEvent, number>(
      {
        after: async (number) => named(await this.log.after(scope, enrolmentId, number)),
        positionOf: ({ number }) => number,
        isLast: ({ status }) => isFinal(status),
        listen: (wake) => this.bus.listen(`enrolment:${enrolmentId}`, wake),
      },
      {
        position: position ?? 0,
        first,
        isOver: isFinal(enrolment.status) && position === enrolment.lastEvent,
      },
    );
  }

  /** The log of an enrolment that the caller may see, behind the cursor `after`. */
  async events(scope: Scope, enrolment: Enrolment, after: string | null): Promise<StatusEvent[]> {
    const position = after === null ? 0 : positionIn(enrolment, after);
    const events = await this.log.after(scope, enrolment.id, position);
    return events.map((event) => ({ ...event, enrolmentId: enrolment.id }));
  }
}

/** As callers see it: the number is the position to resume from. */
export function toEvent({ number, ...event }: StatusEvent): Omit<StatusEvent, 'number'> & {
  readonly cursor: string;
} {
  return { ...event, cursor: String(number) };
}

/** A number that was not given out yet cannot be resumed from: what is before it would be lost. */
function positionIn({ lastEvent }: Enrolment, cursor: string): number {
  const position = /^\d{1,9}$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (position <= lastEvent) return position;
  throw invalidInput('after', 'It is no cursor of this enrolment.');
}
