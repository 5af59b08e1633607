import type { ProjectId } from '../../kernel/ids.js';
import type { EventBus } from '../../platform/event-bus/event-bus.js';
import type { Horizon } from '../../platform/database/horizon.js';
import type { StreamSource } from './log-stream.service.js';
import type { LogPosition } from './stream-cursor.js';

interface Page<E> {
  readonly events: readonly E[];
  readonly isFull: boolean;
  readonly hidden: string | null;
}

/** A project's log as a stream reads it: page by page, and again once what is hidden stands. */
export class ProjectSource<E extends { readonly position: LogPosition }> implements StreamSource<
  E,
  LogPosition
> {
  private wake: () => void = () => undefined;
  private stopWaiting: () => void = () => undefined;
  private isOver = false;

  constructor(
    private readonly ports: {
      readonly bus: Pick<EventBus, 'listen'>;
      readonly horizon: Pick<Horizon, 'onceBeyond'>;
      readonly projectId: ProjectId;
    },
    private readonly read: (after: LogPosition) => Promise<Page<E>>,
  ) {}

  async after(position: LogPosition): Promise<readonly E[]> {
    this.stopWaiting();
    const { events, isFull, hidden } = await this.read(position);
    if (this.isOver) return [];
    if (isFull) this.wake();
    else if (hidden !== null) {
      this.stopWaiting = this.ports.horizon.onceBeyond(hidden, this.wake);
    }
    return events;
  }

  positionOf({ position }: E): LogPosition {
    return position;
  }

  isLast(): boolean {
    return false;
  }

  listen(wake: () => void): () => void {
    this.wake = wake;
    const forget = this.ports.bus.listen(`project:${this.ports.projectId}`, wake);
    return () => {
      this.isOver = true;
      this.stopWaiting();
      forget();
    };
  }
}
