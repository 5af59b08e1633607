import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** One call that the gateway was sent. */
export interface GatewayCall {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly to: string; readonly text: string };
}

/** A gateway for text messages, over real HTTP on loopback. It answers with the `answers` given, then with 202. */
export class TestSmsGateway {
  readonly calls: GatewayCall[] = [];
  answers: (number | 'HANG UP' | { readonly redirectTo: string })[] = [];
  private readonly server: Server = createServer((request, response) => {
    void (json(request) as Promise<GatewayCall['body']>).then((body) => {
      const { method, url, headers } = request;
      this.calls.push({ method, url, headers, body });
      const answer = this.answers.shift() ?? 202;
      if (answer === 'HANG UP') request.socket.destroy();
      else if (typeof answer === 'number') response.writeHead(answer).end('{"said":"no"}');
      else response.writeHead(307, { location: answer.redirectTo }).end();
    });
  });

  async start(): Promise<this> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  get host(): string {
    return `127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
