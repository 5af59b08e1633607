import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../../platform/logger.js';
import { describeClient, trustOf } from './client.js';
import { createMounts, type Mount } from './express.js';
import { Origins } from './origins.js';
import { logWhenAnswered } from './request-log.js';
import { TIMEOUTS } from './timeouts.js';

export interface PlainOptions {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: () => string;
  readonly trustedProxies: readonly string[];
  readonly mounts: readonly Mount[];
  readonly log: Logger;
}

/** A second listening socket, in plain http, for the little that has to be reached so where all else is HTTPS (RFC 5280 8). */
export class PlainServer {
  private readonly server: Server;

  constructor(private readonly options: PlainOptions) {
    const { publicUrl, trustedProxies, mounts, log } = options;
    const trust = trustOf(trustedProxies);
    const origins = new Origins(publicUrl, []);
    const pages = createMounts({ trust, mounts, log });
    this.server = createServer(TIMEOUTS, (req: IncomingMessage, res: ServerResponse) => {
      const client = describeClient(req, { trust, origins, acceptsCertificates: false });
      res.setHeader('x-request-id', client.requestId);
      logWhenAnswered({ req, res, client, operation: null }, log);
      pages(req, res);
    });
  }

  /** @throws Error where the port is taken */
  async listen(): Promise<{ port: number }> {
    const { port, host } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return { port: (this.server.address() as AddressInfo).port };
  }

  /** Takes no new work, lets what runs finish for at most `graceMs`, then ends the rest. */
  async drain(graceMs: number): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeIdleConnections();
    const timer = setTimeout(() => {
      this.server.closeAllConnections();
    }, graceMs);
    await closed;
    clearTimeout(timer);
  }
}
