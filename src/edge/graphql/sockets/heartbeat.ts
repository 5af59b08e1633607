import { CLOSE, type Socket } from './socket.js';

const PERIOD_SECONDS = 45;

/**
 * Pings each socket every 45 seconds and drops those that did not answer the last time, or have nothing to do here. One timer
 * for all, and each second only its share of them, so that ten thousand do not hold up everything else at once.
 */
export class Heartbeat {
  private readonly shares = Array.from({ length: PERIOD_SECONDS }, () => new Set<Socket>());
  private second = 0;
  private timer: NodeJS.Timeout | undefined;

  start(): void {
    this.timer = setInterval(() => {
      this.beat();
    }, 1000);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** @returns what takes the socket out again; it is pinged first after a whole period */
  add(socket: Socket): Set<Socket> {
    const share = this.shares[this.second] ?? new Set<Socket>();
    return share.add(socket);
  }

  beat(): void {
    this.second = (this.second + 1) % PERIOD_SECONDS;
    for (const socket of this.shares[this.second] ?? []) {
      if (!socket.answered) socket.terminate();
      else if (socket.hasNothingToDo) socket.close(...CLOSE.idle);
      else socket.ping();
    }
  }
}
