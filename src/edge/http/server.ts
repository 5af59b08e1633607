import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createServer as createTlsServer,
  type Server as TlsServer,
  type ServerOptions,
} from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { GraphQLSchema } from 'graphql';
import { DomainError } from '../../kernel/errors.js';
import type { Logger } from '../../platform/logger.js';
import { createApollo } from '../graphql/apollo.js';
import { Pipeline } from '../graphql/execute.js';
import type { EdgePorts } from '../graphql/ports.js';
import { assertEveryRootFieldHasResource } from '../graphql/schema-rules.js';
import { SubscriptionServer } from '../graphql/sockets/subscriptions.js';
import { describeClient, trustOf, type TrustProxy } from './client.js';
import { pathOf, type Exchange } from './exchange.js';
import { createPages, type Mount } from './express.js';
import { GraphiQL } from './graphiql.js';
import { GraphqlEndpoint } from './graphql-endpoint.js';
import { HandshakeGuard } from './handshake-guard.js';
import { Origins } from './origins.js';
import { sendProblem } from './problem-details.js';
import { logWhenAnswered } from './request-log.js';
import { SessionCookie } from './session-cookie.js';
import { endSlowRequest } from './slow-requests.js';
import { TIMEOUTS, UPLOADS } from './timeouts.js';
import { refuseUpgrade, Upgrades } from './upgrade.js';

const GRAPHQL_PATH = '/graphql';
const SERVER_TIMEOUTS = { ...TIMEOUTS, requestTimeout: UPLOADS.requestTimeout };
export interface EdgeOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
  /** Authorities of the client certificates that are accepted, PEM; null where none are. */
  readonly clientCa: Buffer | null;
  /** Our own authorities, PEM: devices show certificates of theirs, or self-made ones, at EST. */
  readonly ownAuthorities: () => readonly string[];
  /** Our own origin, such as `https://id.example.org`; asked for at each use, as port 0 is known only once we listen. */
  readonly publicUrl: () => string;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly introspection: boolean;
  /** Folder with the built pages: portal/index.html, phone/index.html, assets/. */
  readonly webRoot: string;
  readonly schema: GraphQLSchema;
  readonly ports: EdgePorts;
  readonly ready: () => Promise<boolean>;
  readonly mounts?: readonly Mount[];
  readonly log: Logger;
}

/** @throws Error where a root field names no resource: nothing could guard it */
export async function createEdgeServer(options: EdgeOptions): Promise<EdgeServer> {
  assertEveryRootFieldHasResource(options.schema);
  const pipeline = new Pipeline(options.schema, options.ports, options.introspection);
  const apollo = createApollo(pipeline, options.log);
  await apollo.start();
  const cookie = new SessionCookie(options.publicUrl);
  const endpoint = new GraphqlEndpoint({
    apollo,
    cookie,
    documents: pipeline.documents,
    identify: options.ports.identify,
    graphiql: options.introspection ? new GraphiQL(options.publicUrl) : null,
    log: options.log,
  });
  return new EdgeServer(options, {
    endpoint,
    subscriptions: new SubscriptionServer(pipeline, options.log),
    cookie,
  });
}

interface EdgeParts {
  readonly endpoint: GraphqlEndpoint;
  readonly subscriptions: SubscriptionServer;
  readonly cookie: SessionCookie;
}

/**
 * Certificates of clients are asked for, never required: whoever shows none, or one of no use, signs in another way. Judged at each
 * use. Browsers, and some other clients, offer to show only what these authorities have issued.
 */
function tlsOptions({
  tls,
  clientCa,
  ownAuthorities,
}: Pick<EdgeOptions, 'tls' | 'clientCa' | 'ownAuthorities'>): ServerOptions {
  const ca = [...ownAuthorities(), ...(clientCa === null ? [] : [clientCa])];
  return { ...tls, ca, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' };
}

function guardedTlsServer(options: EdgeOptions, trust: TrustProxy): TlsServer {
  const server = createTlsServer({
    ...SERVER_TIMEOUTS,
    ...tlsOptions(options),
    handshakeTimeout: TIMEOUTS.headersTimeout,
  });
  new HandshakeGuard({ trust, log: options.log }).watch(server);
  return server;
}

/** The server's one listening socket. */
export class EdgeServer {
  private readonly server: Server;
  private readonly tlsServer: TlsServer | null;
  private readonly client;
  private readonly upgrades: Upgrades;
  private readonly pages;
  private readonly running = new Set<ServerResponse>();
  private draining = false;

  constructor(
    private readonly options: EdgeOptions,
    private readonly parts: EdgeParts,
  ) {
    const { tls, clientCa, publicUrl, trustedProxies, allowedOrigins } = options;
    const trust = trustOf(trustedProxies);
    const origins = new Origins(publicUrl, allowedOrigins);
    this.client = { trust, origins, acceptsCertificates: clientCa !== null };
    this.upgrades = new Upgrades(parts.subscriptions, parts.cookie);
    this.pages = createPages({
      ...options,
      trust,
      mounts: options.mounts ?? [],
      isReady: () => this.isReady(),
    });
    this.tlsServer = tls === null ? null : guardedTlsServer(options, trust);
    this.server = this.tlsServer ?? createServer(SERVER_TIMEOUTS);
    this.server.on('request', (req: IncomingMessage, res: ServerResponse) => {
      this.handle(req, res);
    });
    this.server.on('upgrade', (req: IncomingMessage, stream: Duplex, head: Buffer) => {
      this.upgrade(req, stream, head);
    });
  }

  /** @throws Error where the port is taken */
  async listen(): Promise<{ port: number }> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.options.port, this.options.host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return { port: (this.server.address() as AddressInfo).port };
  }

  /** Names to new connections the authorities that there are now. */
  renewAuthorities(): void {
    this.tlsServer?.setSecureContext(tlsOptions(this.options));
  }

  /** Takes no new work, closes sockets with 1001, lets what runs finish for at most `graceMs`, then ends the rest. */
  async drain(graceMs: number): Promise<void> {
    this.draining = true;
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
    for (const res of this.running) if (!res.headersSent) res.setHeader('connection', 'close');
    this.server.closeIdleConnections();
    const timer = setTimeout(() => {
      this.server.closeAllConnections();
    }, graceMs);
    await this.parts.subscriptions.drain(graceMs);
    await closed;
    clearTimeout(timer);
  }

  private async isReady(): Promise<boolean> {
    return !this.draining && (await this.options.ready().catch(() => false));
  }

  private handle(req: IncomingMessage, res: ServerResponse): void {
    const exchange = { req, res, client: describeClient(req, this.client), operation: null };
    res.setHeader('x-request-id', exchange.client.requestId);
    if (!pathOf(req).startsWith(UPLOADS.path)) endSlowRequest(req, res);
    this.running.add(res);
    res.once('close', () => this.running.delete(res));
    logWhenAnswered(exchange, this.options.log);
    if (this.draining) {
      res.setHeader('connection', 'close');
      if (pathOf(req) === GRAPHQL_PATH) {
        sendProblem(res, new DomainError('INTERNAL'), 503);
        return;
      }
    }
    if (pathOf(req) === GRAPHQL_PATH) void this.graphql(exchange);
    else this.pages(req, res);
  }

  private async graphql(exchange: Exchange): Promise<void> {
    try {
      await this.parts.endpoint.handle(exchange);
    } catch (error) {
      const { requestId } = exchange.client;
      this.options.log.error({ error, requestId }, 'unexpected error');
      sendProblem(exchange.res, new DomainError('INTERNAL'));
    }
  }

  private upgrade(req: IncomingMessage, stream: Duplex, head: Buffer): void {
    const client = describeClient(req, this.client);
    const status = this.answerUpgrade(req, stream, { client, head });
    const { requestId } = client;
    this.options.log.info({ method: 'GET', path: GRAPHQL_PATH, status, requestId }, 'upgrade');
  }

  private answerUpgrade(
    req: IncomingMessage,
    stream: Duplex,
    parts: Parameters<Upgrades['handle']>[2],
  ): number {
    const refused = this.draining ? 503 : pathOf(req) === GRAPHQL_PATH ? null : 404;
    if (refused === null) return this.upgrades.handle(req, stream, parts);
    refuseUpgrade(stream, refused);
    return refused;
  }
}
