import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { addressKey } from '../../platform/address-key.js';
import type { SubscriptionServer } from '../graphql/sockets/subscriptions.js';
import type { Client } from './client.js';
import type { SessionCookie } from './session-cookie.js';

/** Bytes of one message. */
const MAX_MESSAGE = 64 * 1024;
const MAX_SOCKETS = 15_000;
/** Offices share addresses, so there is room for many; loopback, where a proxy may stand, is not counted. */
const MAX_SOCKETS_PER_ADDRESS = 2_000;

/** Turns upgrade requests into sockets: `/graphql` only, from listed origins only, and only so many. */
export class Upgrades {
  private readonly wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    handleProtocols,
  });
  private readonly byAddress = new Map<string, number>();

  constructor(
    private readonly subscriptions: SubscriptionServer,
    private readonly cookie: SessionCookie,
  ) {}

  /** @returns the HTTP status that the upgrade was answered with */
  handle(req: IncomingMessage, stream: Duplex, { client, head }: UpgradeParts): number {
    const refused = this.refusalOf(client);
    if (refused !== null) {
      refuseUpgrade(stream, refused);
      return refused;
    }
    const { address, userAgent } = client;
    const token = client.cookieCounts ? this.cookie.read(req.headers.cookie) : undefined;
    this.wss.handleUpgrade(req, stream, head, (ws) => {
      this.count(address, 1);
      ws.once('close', () => {
        this.count(address, -1);
      });
      this.subscriptions.accept(ws, { address, userAgent }, token);
    });
    return 101;
  }

  private refusalOf({ origin, address }: Client): number | null {
    if (origin === 'foreign') return 403;
    if (this.subscriptions.size >= MAX_SOCKETS) return 503;
    return (this.byAddress.get(addressKey(address)) ?? 0) >= MAX_SOCKETS_PER_ADDRESS ? 429 : null;
  }

  private count(address: string, change: 1 | -1): void {
    if (address === '127.0.0.1' || address === '::1') return;
    const key = addressKey(address);
    const count = (this.byAddress.get(key) ?? 0) + change;
    if (count > 0) this.byAddress.set(key, count);
    else this.byAddress.delete(key);
  }
}

interface UpgradeParts {
  readonly client: Client;
  readonly head: Buffer;
}

const REASONS: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

export function refuseUpgrade(stream: Duplex, status: number): void {
  stream.on('error', () => undefined);
  stream.end(
    `HTTP/1.1 ${String(status)} ${REASONS[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
