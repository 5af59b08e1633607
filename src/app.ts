import { createServer } from 'node:net';
import { join } from 'node:path';
import type { GraphQLSchema } from 'graphql';
import type { DataSource } from 'typeorm';
import type { Config } from './config.js';
import { recordRefusedMutations } from './edge/graphql/refusals.js';
import { createSchema } from './edge/graphql/schema.js';
import { guardedBy } from './edge/graphql/schema-rules.js';
import { mailboxRouter } from './edge/http/mailbox/mailbox.js';
import { PlainServer } from './edge/http/plain-server.js';
import { createEdgeServer, type EdgeServer } from './edge/http/server.js';
import { startOutboxWorker } from './edge/jobs/outbox-worker.js';
import { startHousekeeping } from './composition/housekeeping.js';
import { startSealing } from './composition/sealing.js';
import { openOAuth } from './composition/mounts/oauth.js';
import {
  followAuthorities,
  openAuthorities,
  openAuthorityKeys,
} from './composition/start/authorities.js';
import { adoptRecoveryKey, recoveryKeysIn, seed } from './composition/first-start.js';
import { BounceAddresses } from './features/notifications/bounces/bounce-addresses.js';
import { isLoopbackName } from './kernel/loopback.js';
import { KeyRing } from './kernel/secrets.js';
import type { IssuingAuthorities } from './features/certificates/authorities/issuing-authorities.service.js';
import { GUARDED_IN_SERVICES } from './composition/guarded-in-services.js';
import { createEdgePorts } from './composition/edge-ports.js';
import { assignedIdMount } from './composition/mounts/assigned-id-mount.js';
import { pkiMount } from './composition/mounts/pki-mount.js';
import { projectMount } from './composition/mounts/project-mount.js';
import { pkiUrlOf } from './composition/mounts/pki-url.js';
import { estMount } from './composition/mounts/est-mount.js';
import { importMount } from './composition/mounts/import-mount.js';
import { samlMount } from './composition/mounts/saml-mount.js';
import { batchMount } from './composition/mounts/batch-mount.js';
import { batchTask } from './composition/tasks/batch-task.js';
import { messageTasks } from './composition/tasks/message-tasks.js';
import { scimMount } from './composition/mounts/scim-mount.js';
import { passwordTask } from './composition/tasks/password-task.js';
import { openDatabase } from './composition/start/open-database.js';
import { listenProblem } from './composition/start/start-problems.js';
import { Teardown } from './composition/start/teardown.js';
import { createCounterPool, pgConnection } from './platform/database/database.js';
import { EventBus } from './platform/event-bus/event-bus.js';
import { createLogger, type Logger } from './platform/logger.js';
import { Horizon } from './platform/database/horizon.js';
import { createMailer } from './platform/mail/mailer.js';
import { keptMasterKey } from './platform/master-key.js';
import { poolOf, sqlOn } from './platform/scope.js';
import { createSmsSender } from './platform/sms/sms.js';
import { createResolvers } from './composition/resolvers.js';
import { createServices, type Services } from './composition/services/services.js';
import { startWebhooks } from './composition/services/webhooks.js';

const DRAIN_MS = 5000;
/** Draining and the jobs' end together, which both have their own measure. */
const END_WORK_MS = 6500;

/** A running server. */
export interface App {
  readonly url: string;
  readonly port: number;
  readonly services: Services;
  /** The first administrator's password, where this start made it. */
  readonly madePassword: string | null;
  /** PostgreSQL as it is: `embedded` with its version, or `external`. */
  readonly database: string;
  /** Takes no new work, lets what runs finish, closes sockets, and ends the embedded database. At most ten seconds. */
  stop(): Promise<void>;
}

/** Starts everything, in order; what was started is ended again where a later step fails. */
export async function startApp(config: Config): Promise<App> {
  const log = createLogger(config.log);
  const teardown = new Teardown();
  try {
    return await start(config, log, teardown);
  } catch (error) {
    await teardown.run(log);
    throw error;
  }
}

/** The schema alone, without anything behind it: for printing. */
export function createSchemaOnly(): Promise<GraphQLSchema> {
  return createSchema(createResolvers({} as Services)); // resolvers keep what they are given and use it only when called
}

async function start(config: Config, log: Logger, teardown: Teardown): Promise<App> {
  const database = await openDatabase(config, log, teardown);
  const { source } = database;
  const port = config.port === 0 ? await freePort(config) : config.port;
  const publicUrl =
    config.publicUrl ?? `${config.tls === null ? 'http' : 'https'}://localhost:${String(port)}`;
  const keys = new KeyRing(config.masterKey ?? (await keptMasterKey(config.dataDir)));
  const authorityKeys = await openAuthorityKeys(keys, config.pkcs11, teardown);
  const authorities = await openAuthorities(source, authorityKeys, {
    keyAlgorithm: config.caKeyAlgorithm,
    pkiUrl: pkiUrlOf(config, publicUrl),
  });
  const recoveryKeys = await recoveryKeysIn(config.recoveryKey);
  await adoptRecoveryKey(source, recoveryKeys);
  const bus = new EventBus(pgConnection(database.connection), log);
  const horizon = new Horizon(sqlOn(poolOf(source)), log);
  const { session, sms, selfService, language } = config;
  const counters = createCounterPool(database.connection);
  counters.on('error', (error) => {
    log.warn({ error }, 'a connection for counters was lost');
  });
  teardown.add(() => counters.end());
  const { clientCa } = config;
  const webhooks = { allowedNetworks: config.webhookAllowedNetworks, log };
  const given = {
    ...{ authorities, recoveryKeys, clientCa, publicUrl, sms, session },
    ...{ selfService, language, webhooks },
  };
  const ground = { source, counters, keys, bus, horizon, ...given };
  const services = createServices(ground);
  followAuthorities(authorities, { work: services.work, bus, log });
  warnOfPlainHttp(config, log);
  warnOfSilentPki(config, log);
  await publishFirstLists(services, log);
  await bus.open();
  teardown.add(() => bus.close());
  const stopJobs = await startJobs({ config, services, source, log, teardown });
  const seeded = { done: false };
  const { issuing } = authorities;
  const edge = await startEdge({ config, services, bus, log, port, publicUrl, seeded, issuing });
  teardown.add(() => Promise.all([edge.drain(DRAIN_MS), stopJobs()]), END_WORK_MS);
  await startPlainPki({ config, services, publicUrl, log, teardown });
  // Last, so that no start fails after it and keeps the password to itself; until then the rules are missing and all is closed.
  const madePassword = await seed(services, config.admin);
  seeded.done = true;
  log.info({ url: publicUrl, database: database.description }, 'server started');
  return {
    url: publicUrl,
    port,
    services,
    madePassword,
    database: database.description,
    stop: async () => {
      await teardown.run(log);
      log.info('server stopped');
    },
  };
}

function warnOfPlainHttp({ host, tls, publicUrl }: Config, log: Logger): void {
  const isProtected = tls !== null || publicUrl?.startsWith('https:') === true;
  if (isProtected || isLoopbackName(host)) return;
  log.warn(
    'Passwords and tokens cross the network in the clear: set TLS_CERT and TLS_KEY, or PUBLIC_URL to the https address of a proxy.',
  );
}

/** So that they are there as soon as the server is. Where a key cannot be reached now, the job goes on trying. */
async function publishFirstLists({ revocationLists }: Services, log: Logger): Promise<void> {
  await revocationLists.publishDue().catch((error: unknown) => {
    log.error({ error }, 'revocation lists could not be published');
  });
}

function warnOfSilentPki({ tls, pkiUrl, pkiPort }: Config, log: Logger): void {
  if (tls === null || pkiPort !== null || pkiUrl !== null) return;
  log.warn(
    'Certificates name plain http URLs for CRL and OCSP, which this server does not answer with TLS_CERT: set PKI_PORT, or PKI_URL to where a proxy answers.',
  );
}

interface Parts {
  readonly config: Config;
  readonly services: Services;
  readonly log: Logger;
}

/** @returns what stops them, also while requests still finish */
async function startJobs(
  parts: Parts & { source: DataSource; teardown: Teardown },
): Promise<() => Promise<unknown>> {
  const { config, services, source, log, teardown } = parts;
  const mailboxDir = join(config.dataDir, 'mailbox');
  const { bounceAddress, ...mail } = config.mail;
  const mailer = createMailer({ ...mail, mailboxDir });
  const sms = createSmsSender({ routes: config.sms.routes, mailboxDir });
  teardown.add(() => Promise.all([mailer.close(), sms.close()]));
  const bounces = bounceAddress === null ? null : new BounceAddresses(bounceAddress, services.keys);
  const channels = { mailer, sms, bounces };
  const tasks = [
    batchTask(services),
    ...messageTasks(services, channels, log),
    passwordTask(services),
  ];
  const worker = await startOutboxWorker({ pool: poolOf(source), log, tasks });
  const housekeeping = startHousekeeping(services, log);
  const sealing = startSealing(services, config.dataDir, log);
  const webhooks = startWebhooks(services, log);
  const stop = (): Promise<unknown> =>
    Promise.all([worker.stop(), housekeeping.stop(), sealing.stop(), webhooks.stop()]);
  teardown.add(stop, END_WORK_MS);
  return stop;
}

async function startEdge(
  parts: Parts & {
    bus: EventBus;
    port: number;
    publicUrl: string;
    seeded: { readonly done: boolean };
    issuing: IssuingAuthorities;
  },
): Promise<EdgeServer> {
  const { config, services, bus, log, port, publicUrl, seeded, issuing } = parts;
  const mailbox = join(config.dataDir, 'mailbox');
  const schema = await createSchema(createResolvers(services));
  services.resources.learn([...guardedBy(schema), ...GUARDED_IN_SERVICES]);
  const ports = createEdgePorts(services, bus);
  recordRefusedMutations(schema, ports.recordRefusal);
  const edge = await createEdgeServer({
    host: config.host,
    port,
    tls: config.tls,
    clientCa: config.clientCa,
    ownAuthorities: () => issuing.certificates,
    publicUrl: () => publicUrl,
    allowedOrigins: config.allowedOrigins,
    trustedProxies: config.trustedProxies,
    introspection: config.introspection,
    webRoot: config.webRoot,
    schema,
    ports,
    ready: async () => seeded.done && (await services.work.now()) instanceof Date,
    mounts: [
      assignedIdMount(config, { services, ports, publicUrl }),
      pkiMount(services, log),
      await openOAuth(services, publicUrl, log),
      estMount(config, { services, ports, publicUrl }),
      batchMount(config, { services, ports, publicUrl }),
      importMount(config, { services, ports, publicUrl }),
      projectMount(config, { services, ports, publicUrl }),
      samlMount(config, { services, identify: ports.identify, publicUrl }),
      scimMount(config, { services, ports, publicUrl }),
      ...(config.mail.mailbox
        ? [{ path: '/mailbox' as const, handler: mailboxRouter(mailbox) }]
        : []),
    ],
    log,
  });
  await edge.listen().catch((cause: unknown) => {
    throw listenProblem(config, port, cause);
  });
  issuing.onReload(() => {
    edge.renewAuthorities();
  });
  return edge;
}

/** With PKI_PORT. Nothing else is served there: no page, no token, no password in the clear. */
async function startPlainPki(
  parts: Parts & { publicUrl: string; teardown: Teardown },
): Promise<void> {
  const { config, services, publicUrl, log, teardown } = parts;
  const { host, pkiPort, trustedProxies } = config;
  if (pkiPort === null) return;
  const server = new PlainServer({
    ...{ host, trustedProxies, log },
    port: pkiPort,
    publicUrl: () => publicUrl,
    mounts: [pkiMount(services, log)],
  });
  await server.listen().catch((cause: unknown) => {
    throw listenProblem(config, pkiPort, cause);
  });
  teardown.add(() => server.drain(DRAIN_MS), END_WORK_MS);
}

/** For PORT=0: the URL has to be known before anything that names it is made. */
async function freePort(config: Config): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, config.host, resolve);
  }).catch((cause: unknown) => {
    throw listenProblem(config, 0, cause);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}
