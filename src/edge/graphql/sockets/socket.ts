import type { WebSocket as GraphqlSocket } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { ClientToken } from '../../../features/api-clients/access-token.service.js';
import type { Grants, RequestContext } from '../../../kernel/actor.js';
import type { SessionId } from '../../../kernel/ids.js';
import type { Admission } from '../execute.js';
import type { Caller, ChangeTopic, Credentials } from '../ports.js';

/** Close codes: of RFC 6455 and its registry below 4000, of graphql-transport-ws above. */
export const CLOSE = {
  idle: [1000, 'Nothing to do'],
  goingAway: [1001, 'Going away'],
  tryAgainLater: [1013, 'Try again later'],
  sessionEnded: [4401, 'Unauthorized'],
  notAllowed: [4403, 'Forbidden'],
  broken: [4500, 'Internal server error'],
} as const satisfies Record<string, readonly [number, string]>;

/** A reader that leaves this much unread is gone, or as good as gone. Bytes. */
const MAX_UNSENT = 1024 * 1024;
/** With so much unread he is behind: a subscription then takes no event before he has caught up. Bytes. */
const BEHIND = 64 * 1024;

/** What of the upgrade request a socket keeps; the request itself is let go. */
export interface SocketOrigin {
  readonly address: string;
  readonly userAgent: string | null;
}

/** What resolvers see over WebSocket; they read no more of it than a RequestContext. */
export interface EventContext extends RequestContext {
  readonly socket: Socket;
  readonly admission: Admission;
}
export interface SocketContext extends EventContext {
  /** How often the rules had changed when the operation was judged. */
  readonly policyChanges: number;
}

/** A running subscription, as far as it has to be judged. */
export interface Live {
  readonly socket: Socket;
  readonly admission: Admission;
  readonly requestId: string;
}

/**
 * One WebSocket. It is bound to a session, not to its token, which may change while the socket stays; an API client's is bound
 * to its access token, and ends with that. Ten thousand of these wait at the same time, so there is little in it, and its methods
 * stand on the class.
 */
export class Socket implements GraphqlSocket {
  readonly protocol: string;
  readonly live = new Set<Live>();
  private sessionId: SessionId | undefined;
  private clientToken: ClientToken | undefined;
  /** What to listen to in order to know when the caller has to be judged anew. */
  topic: ChangeTopic | undefined;
  grants: Grants = {};
  /** Queries and mutations that are running. */
  busy = 0;
  /** Has answered since it was last pinged. */
  answered = true;
  /** `running`, `again` once more after that: changes that come while one is judged are judged together. */
  judging: 'no' | 'running' | 'again' = 'no';
  forgetSession: (() => void) | undefined;

  constructor(
    private readonly ws: WebSocket,
    readonly origin: SocketOrigin,
    private cookieToken: string | undefined,
  ) {
    this.protocol = ws.protocol;
  }

  get isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  /** Nobody who is known, and nothing that is watched: such sockets would only take the place of others. */
  get hasNothingToDo(): boolean {
    const isNobody = !this.isBound && Object.keys(this.grants).length === 0;
    return isNobody && this.live.size === 0 && this.busy === 0;
  }

  /** The token that came with the upgrade, once. */
  takeCookieToken(): string | undefined {
    const token = this.cookieToken;
    this.cookieToken = undefined;
    return token;
  }

  bind({ actor, grants, clientToken }: Caller): void {
    this.grants = grants;
    if (actor.kind === 'user') {
      this.sessionId = actor.sessionId;
      this.topic = `session:${actor.sessionId}`;
    } else if (actor.kind === 'client') {
      this.clientToken = clientToken;
      this.topic = `api-client:${actor.apiClientId}`;
    }
  }

  /** Whether somebody is behind it who may be gone one day: a session, or an API client. */
  get isBound(): boolean {
    return this.topic !== undefined;
  }

  /** What it is identified by from then on. */
  credentials(active: boolean): Credentials {
    const { sessionId, clientToken } = this;
    if (clientToken !== undefined) return { session: { kind: 'client', clientToken } };
    return sessionId === undefined ? {} : { session: { kind: 'id', sessionId, active } };
  }

  /** For a reader who is behind it resolves once he has taken all of it, or is gone. */
  send(data: string): Promise<void> | void {
    if (!this.isOpen) return;
    const { ws } = this;
    if (ws.bufferedAmount > MAX_UNSENT) ws.terminate();
    else if (ws.bufferedAmount < BEHIND) ws.send(data);
    else {
      return new Promise((resolve) => {
        ws.send(data, () => {
          resolve();
        });
      });
    }
  }

  close(code?: number, reason?: string): void {
    this.ws.close(code, reason);
  }

  terminate(): void {
    this.ws.terminate();
  }

  ping(): void {
    this.answered = false;
    this.ws.ping();
  }

  onMessage(receive: (data: string) => Promise<void>): void {
    this.ws.on('message', (data: Buffer) => {
      receive(data.toString()).catch(() => {
        this.close(...CLOSE.broken);
      });
    });
  }
}
