import { execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Admission } from '../execute.js';
import type { EventContext, Live, Socket, SocketContext } from './socket.js';

interface LivePorts {
  /** The context for the next event; null where the viewer may see no more, and the socket was closed. */
  readonly judge: (live: Live) => Promise<EventContext | null>;
  readonly ended: (live: Live) => void;
  /** Makes what the client may read of an error that nobody foresaw. */
  readonly fail: (error: unknown, requestId: string) => Error;
}

/** A running subscription: each event is judged before it is executed. An iterator by hand, as there are thousands. */
export class LiveSubscription implements Live, AsyncIterableIterator<ExecutionResult> {
  private isOver = false;

  constructor(
    private readonly args: ExecutionArgs & { readonly contextValue: SocketContext },
    private readonly source: AsyncIterator<unknown>,
    private readonly ports: LivePorts,
  ) {}

  get socket(): Socket {
    return this.args.contextValue.socket;
  }

  get admission(): Admission {
    return this.args.contextValue.admission;
  }

  get requestId(): string {
    return this.args.contextValue.requestId;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    if (this.isOver) return OVER;
    try {
      const event = await this.source.next();
      const contextValue = event.done === true ? null : await this.ports.judge(this);
      if (contextValue === null) return await this.return();
      const value = await execute({ ...this.args, rootValue: event.value, contextValue });
      return { done: false, value };
    } catch (error) {
      await this.return();
      throw this.ports.fail(error, this.requestId);
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    if (!this.isOver) {
      this.isOver = true;
      this.ports.ended(this);
      await this.source.return?.();
    }
    return OVER;
  }

  async throw(error: unknown): Promise<IteratorResult<ExecutionResult, undefined>> {
    await this.return();
    throw error;
  }
}

const OVER = { done: true, value: undefined } as const;
