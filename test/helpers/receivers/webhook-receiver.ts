import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { noteSecret } from '../run';

/** A message that has arrived. */
export interface Received {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly type: string;
  readonly data: any;
}
/** How a message is answered: by a status, perhaps with headers; not at all; or by whoever knows when. */
export type Answer =
  | number
  | 'HANG UP'
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | Promise<number>;

/**
 * A host system, over real HTTP on loopback. It answers with the `answers` given, then with `usual`, and remembers every message that
 * the reference library of Standard Webhooks has verified; any other it answers with 400.
 */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** What came without a signature by any of the secrets. */
  readonly rejected: string[] = [];
  answers: Answer[] = [];
  usual: Answer = 204;
  private readonly secrets: string[] = [];
  private waiting: (() => void)[] = [];
  private readonly server: Server;

  constructor(tls?: { readonly key: string; readonly cert: string }) {
    const listener: RequestListener = (request, response) => {
      void text(request).then(async (body) => {
        const answer = this.take(request.headers as Record<string, string>, body);
        const given = await answer;
        if (given === 'HANG UP') request.socket.destroy();
        else if (typeof given === 'number') response.writeHead(given).end();
        else response.writeHead(given.status, given.headers).end();
      });
    };
    this.server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  }

  async start(): Promise<this> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}/hooks`;
  }

  /** A secret that signatures may be made with. */
  trust(secret: string): this {
    noteSecret(secret);
    noteSecret(secret.replace(/^whsec_/, ''));
    this.secrets.push(secret);
    return this;
  }

  distrust(secret: string): this {
    this.secrets.splice(this.secrets.indexOf(secret), 1);
    return this;
  }

  get types(): string[] {
    return this.received.map(({ type }) => type);
  }

  get ids(): string[] {
    return this.received.map(({ id }) => id);
  }

  /** Waits for so many messages in all. */
  async until(count: number): Promise<readonly Received[]> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    return this.received;
  }

  /** Waits for a message of this type, the first or the one behind so many others. */
  async untilType(type: string, count = 1): Promise<Received> {
    for (;;) {
      const found = this.received.filter((message) => message.type === type)[count - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(headers: Readonly<Record<string, string>>, body: string): Answer {
    const payload = this.verified(headers, body);
    if (payload === undefined) {
      this.rejected.push(body);
      return 400;
    }
    const { type, data } = payload;
    this.received.push({ id: headers['webhook-id'] ?? '', headers, body, type, data });
    for (const wake of this.waiting.splice(0)) wake();
    return this.answers.shift() ?? this.usual;
  }

  private verified(headers: Readonly<Record<string, string>>, body: string): any {
    for (const secret of this.secrets) {
      try {
        return new Webhook(secret).verify(body, { ...headers });
      } catch {
        // perhaps by another one
      }
    }
    return undefined;
  }
}
