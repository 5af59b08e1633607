/** A log of events `E`; `P` tells where in it one stands. */
export interface StreamSource<E, P> {
  /** What was logged behind `position`, oldest first; all, or a page of it where `wake` is called for the next. */
  after(position: P): Promise<readonly E[]>;
  positionOf(event: E): P;
  /** Whether nothing can follow this event. */
  isLast(event: E): boolean;
  /** Calls `wake` whenever something may have been logged, until the returned function is called. */
  listen(wake: () => void): () => void;
}

export interface StreamStart<E, P> {
  /** Of the last event that the reader knows. */
  readonly position: P;
  /** Events behind it that are at hand already. */
  readonly first: readonly E[];
  /** Nothing can come behind the position. */
  readonly isOver: boolean;
}

/**
 * Follows a log: gives each event behind `position` once, in order, and waits for the next. Wake-ups are hints; what is given
 * is read from the log, so that none can be lost and none can come twice. Ends after the last event, or when returned.
 */
export class LogStream<E, P> implements AsyncIterableIterator<E> {
  private readonly ready: E[] = [];
  private readonly forget: () => void;
  private position: P;
  private isOver: boolean;
  private isStale = true;
  private wakeWaiting: (() => void) | undefined;

  constructor(
    private readonly source: StreamSource<E, P>,
    { position, first, isOver }: StreamStart<E, P>,
  ) {
    this.position = position;
    this.isOver = isOver;
    this.forget = source.listen(this.wake);
    this.take(first);
  }

  async next(): Promise<IteratorResult<E, undefined>> {
    for (;;) {
      const event = this.ready.shift();
      if (event !== undefined) return { done: false, value: event };
      if (this.isOver) return this.return();
      await this.fill();
    }
  }

  return(): Promise<IteratorResult<E, undefined>> {
    this.isOver = true;
    this.ready.length = 0;
    this.forget();
    this.wakeWaiting?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<E, undefined>> {
    void this.return();
    return Promise.reject(error instanceof Error ? error : new Error('The stream was aborted.'));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private async fill(): Promise<void> {
    if (this.isStale) {
      this.isStale = false;
      this.take(await this.source.after(this.position));
      return;
    }
    await new Promise<void>((resolve) => {
      this.wakeWaiting = resolve;
    });
    this.wakeWaiting = undefined;
  }

  private take(events: readonly E[]): void {
    if (this.isOver) return;
    for (const event of events) {
      this.ready.push(event);
      this.position = this.source.positionOf(event);
      if (this.source.isLast(event)) this.isOver = true;
    }
  }

  private readonly wake = (): void => {
    this.isStale = true;
    this.wakeWaiting?.();
  };
}
