import type { Actor, RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import type { Logger } from '../../../platform/logger.js';
import { earlier, judge } from '../authorize.js';
import { Deadlines } from './deadlines.js';
import { problemIn } from '../errors.js';
import type { EdgePorts, Refusal } from '../ports.js';
import { CLOSE, type EventContext, type Live, type Socket } from './socket.js';

/** How many sockets are judged at the same time when the rules change under all of them. */
const AT_ONCE = 8;

/**
 * Holds sockets and their subscriptions against what is true now: before each event, when the session or the rules
 * change, and when evidence runs out. Closes those that may see no more, with 4401 or 4403.
 */
export class SocketJudge {
  private readonly deadlines = new Deadlines<Live>((due) => {
    for (const socket of new Set(due.map((live) => live.socket))) void this.check(socket);
  });

  private readonly refusals: { readonly context: RequestContext; readonly refusal: Refusal }[] = [];
  private recording: Promise<void> | undefined;

  constructor(
    private readonly ports: EdgePorts,
    private readonly log: Logger,
  ) {}

  /**
   * Who is calling now, by the socket's session or access token; `active` where the caller did something himself.
   * @throws DomainError UNAUTHENTICATED where the session has ended, the token has run out, or the API client is gone
   */
  async contextOf(
    socket: Socket,
    requestId: string,
    { active }: { active: boolean },
  ): Promise<RequestContext> {
    const { grants, origin } = socket;
    const { actor, now } = await this.ports.identify(socket.credentials(active), {
      requestId,
      ...origin,
    });
    if (socket.isBound && actor.kind === 'anonymous') throw new DomainError('UNAUTHENTICATED');
    return { ...origin, requestId, actor, now, grants, setSessionCookie: doNothing };
  }

  begin(live: Live, context: RequestContext): void {
    live.socket.live.add(live);
    this.schedule(live, context, live.admission.validUntil);
  }

  end(live: Live): void {
    live.socket.live.delete(live);
    this.deadlines.delete(live);
  }

  /** The context for one event; null where the socket had to be closed. */
  async beforeEvent(live: Live): Promise<EventContext | null> {
    const { socket, admission } = live;
    try {
      const context = await this.contextOf(socket, live.requestId, { active: false });
      await this.permit(live, context);
      return { ...context, socket, admission };
    } catch (error) {
      this.shut(socket, error);
      return null;
    }
  }

  /** Judges a socket without an event. */
  async check(socket: Socket): Promise<void> {
    if (socket.judging !== 'no') {
      socket.judging = 'again';
      return;
    }
    try {
      do {
        socket.judging = 'running';
        await this.checkOnce(socket);
      } while (wasAskedAgain(socket));
    } catch (error) {
      this.shut(socket, error);
    }
    socket.judging = 'no';
  }

  async checkAll(sockets: Iterable<Socket>): Promise<void> {
    const queue = [...sockets].filter(({ live }) => live.size > 0);
    const worker = async (): Promise<void> => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) await this.check(next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** Closes a socket whose caller is not, or not known to be, allowed to go on. */
  shut(socket: Socket, error: unknown): void {
    if (!socket.isOpen) return;
    const problem = problemIn(error);
    if (problem === undefined) {
      this.log.error({ error }, 'a socket could not be judged');
      socket.close(...CLOSE.tryAgainLater);
    } else {
      const ended = problem.code === 'UNAUTHENTICATED' && socket.isBound;
      const [code, reason] = ended ? CLOSE.sessionEnded : CLOSE.notAllowed;
      socket.close(code, reason);
    }
  }

  /** Resolves when all refusals are recorded. */
  async stop(): Promise<void> {
    this.deadlines.stop();
    await this.recording;
  }

  private async checkOnce(socket: Socket): Promise<void> {
    const [first] = socket.live;
    const context = await this.contextOf(socket, first?.requestId ?? '', { active: false });
    for (const live of [...socket.live]) {
      await this.permit(live, { ...context, requestId: live.requestId });
    }
  }

  /** @throws DomainError with the refusal */
  private async permit(live: Live, context: RequestContext): Promise<void> {
    const { resources, asksFor } = live.admission;
    if (resources.length === 0 && context.actor.kind === 'anonymous') return;
    const judged = { resources, operation: asksFor, isChange: false }; // a subscription
    const { authorize } = this.ports;
    const { validUntil } = await judge(
      { authorize, recordRefusal: this.recordLater },
      context,
      judged,
    );
    if (live.socket.live.has(live)) this.schedule(live, context, validUntil);
  }

  /** A socket closes first, and none waits for what is written about the others. */
  private readonly recordLater: EdgePorts['recordRefusal'] = (context, refusal) => {
    this.refusals.push({ context, refusal });
    this.recording ??= this.recordAll();
    return Promise.resolve();
  };

  private async recordAll(): Promise<void> {
    for (let next = this.refusals.shift(); next !== undefined; next = this.refusals.shift()) {
      try {
        await this.ports.recordRefusal(next.context, next.refusal);
      } catch (error) {
        this.log.error({ error }, 'a refusal could not be recorded');
      }
    }
    this.recording = undefined;
  }

  /** The end of a session, or of a token, counts as well: nobody announces it. */
  private schedule(live: Live, { actor, now }: RequestContext, validUntil: Date | null): void {
    const until = earlier(validUntil, endOf(actor));
    if (until === null) this.deadlines.delete(live);
    else this.deadlines.set(live, until.getTime() - now.getTime());
  }
}

function endOf(actor: Actor): Date | null {
  if (actor.kind === 'client') return actor.tokenExpiresAt;
  return actor.kind === 'user' ? actor.sessionExpiresAt : null;
}

function wasAskedAgain(socket: Socket): boolean {
  return socket.judging === 'again' && socket.isOpen;
}

function doNothing(): void {
  // A socket has no HTTP answer to put a cookie in.
}
