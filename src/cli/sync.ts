import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { DataSource } from 'typeorm';
import { recoveryKeysIn } from '../composition/first-start.js';
import { createServices, type Services } from '../composition/services/services.js';
import { loadConfig, type Config } from '../config.js';
import { AuditService } from '../features/audit/audit.service.js';
import { AuthorityKeys } from '../features/certificates/authorities/authority-keys.js';
import { AuthorityService } from '../features/certificates/authorities/authority.service.js';
import { IssuingAuthorities } from '../features/certificates/authorities/issuing-authorities.service.js';
import {
  CSV_ENCODINGS,
  type CsvEncoding,
  type ImportOptions,
} from '../features/members/import/user-import.service.js';
import type { RequestContext } from '../kernel/actor.js';
import { DomainError } from '../kernel/errors.js';
import type { KeyRing } from '../kernel/secrets.js';
import { StartupError } from '../kernel/startup-error.js';
import { createLogger } from '../platform/logger.js';
import { poolOf } from '../platform/scope.js';
import { FLAG, oneOf, readArguments, someText, UsageError, type Option } from './command-line.js';
import { ownKeys, withDatabase } from './own-database.js';
import { runCommand } from './run-command.js';
import { SyncScreen } from './sync/sync-screen.js';

const USAGE = `npm run --silent sync -- FILE --project ID-OR-NAME [--dry-run] [--max-removed PERCENT] [--change-shared]
    [--no-invite] [--encoding ${CSV_ENCODINGS.join('|')}]

Makes the members of a MANAGED project those of a CSV file: adds and invites who is new, updates who has changed, removes who is
missing; all of it, or nothing. FILE may be - for standard input. Its first line names the columns, in any order: e-mail, first
name and last name (or name), and optionally ID and sync ID. A row is known by its sync ID, else by its e-mail address.

--dry-run        tells what would change, and changes nothing
--max-removed    how many percent of the members may be removed at once; what the project says, if left out
--change-shared  lets names and addresses change of users who belong to other projects too
--no-invite      sends no invitations to who is added
--encoding       what the file is written in, where that is not found out rightly

Every difference is a line on standard output, + added, ~ updated, - removed, = kept; progress goes to standard error. It ends with
0 where all is as the file says, with 1 where nothing was changed because of problems. It needs DATABASE_URL and MASTER_KEY,
or the DATA_DIR of the server, which may be running.
`;

const PERCENT: Option<number> = {
  type: 'string',
  takes: 'a whole number from 0 to 100',
  read: (text) => (/^(?:100|\d{1,2})$/.test(text) ? Number(text) : undefined),
};
const OPTIONS = {
  'change-shared': FLAG,
  'dry-run': FLAG,
  encoding: oneOf(CSV_ENCODINGS),
  'max-removed': PERCENT,
  'no-invite': FLAG,
  project: someText('the id or the name of a project'),
};

interface Order {
  readonly file: string;
  readonly project: string;
  readonly encoding: CsvEncoding | undefined;
  readonly options: Omit<ImportOptions, 'projectId'>;
}

/** The server's own console for lists of users: who can start it has the database anyway, so it asks nobody. */
async function main(args: readonly string[]): Promise<number> {
  const order = orderOf(args);
  const config = settings();
  const keys = await ownKeys(config);
  return withDatabase(config, (source) => sync(source, keys, order));
}

function settings(): Config {
  // eslint-disable-next-line no-restricted-properties -- a program of its own, as main.ts
  const { DATABASE_URL, DATA_DIR, MASTER_KEY } = process.env;
  return loadConfig({ DATABASE_URL, DATA_DIR, MASTER_KEY });
}

async function sync(source: DataSource, keys: KeyRing, order: Order): Promise<number> {
  const services = await servicesOn(source, keys);
  const { work, userImports } = services;
  const request = await work.systemRequest('console', randomUUID());
  const projectId = await projectNamed(services, request, order.project);
  const screen = new SyncScreen(process.stdout, process.stderr);
  const bytes = await bytesOf(order.file);
  try {
    const result = await userImports.run(
      request,
      { ...order.options, projectId },
      { source: { bytes, encoding: order.encoding }, observer: screen.observer },
    );
    screen.conclude(result);
    return result.problemCount > 0 || (result.dryRun && result.removesTooMany) ? 1 : 0;
  } catch (error) {
    screen.clear();
    if (!(error instanceof DomainError)) throw error;
    process.stderr.write(`${screen.refusal(error)}\n`);
    return 1;
  } finally {
    bytes.destroy();
  }
}

/** @throws StartupError where it cannot be read, before anything else is done */
async function bytesOf(file: string): Promise<Readable> {
  if (file === '-') return process.stdin;
  const handle = await open(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  if ((await handle.stat()).isDirectory()) {
    await handle.close();
    throw new StartupError(`${file} is a folder. Name a CSV file.`);
  }
  return handle.createReadStream();
}

function unreadable(file: string, cause: unknown): StartupError {
  const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  const problem = isMissing ? `There is no file ${file}.` : `${file} cannot be read.`;
  return new StartupError(problem, { cause });
}

/** All of them, so that everything follows from an import that follows from it in the server. Nothing is signed here, and nobody listens. */
async function servicesOn(source: DataSource, keys: KeyRing): Promise<Services> {
  const authorities = new AuthorityService(new AuthorityKeys(keys, null), new AuditService());
  const services = createServices({
    ...{ source, keys, counters: poolOf(source) },
    bus: { listen: () => () => undefined },
    horizon: { onceBeyond: () => () => undefined },
    webhooks: { allowedNetworks: [], log: createLogger({ level: 'silent', file: null }) },
    authorities: { service: authorities, issuing: new IssuingAuthorities(authorities, '') },
    recoveryKeys: await recoveryKeysIn(null),
    clientCa: null,
    publicUrl: 'http://localhost',
    ...{ selfService: true, language: 'EN' as const },
    sms: { isOffered: false, dailyLimit: 0 },
    session: { idleSeconds: 0, maxSeconds: 0 },
  });
  await requireMasterKey(services, authorities);
  return services;
}

/** Codes by another key no server could make again, and the invitations would lead nowhere. @throws StartupError */
async function requireMasterKey({ work }: Services, authorities: AuthorityService): Promise<void> {
  const request = await work.systemRequest('console', randomUUID());
  const known = await authorities.all(work.read(request));
  await known.find(({ keyIn }) => keyIn === 'DATABASE')?.signer();
}

async function projectNamed(
  { work, projects }: Services,
  request: RequestContext,
  named: string,
): Promise<string> {
  const all = await projects.every(work.read(request));
  const found = all.find(({ id }) => id === named) ?? all.find(({ name }) => name === named);
  if (found === undefined) throw new StartupError(`There is no project ${named}.`);
  return found.id;
}

function orderOf(args: readonly string[]): Order {
  const { words, values } = readArguments(args, OPTIONS);
  const [file, ...more] = words;
  if (file === undefined || more.length > 0)
    throw new UsageError('Name one file, or - for standard input.');
  if (values.project === undefined) throw new UsageError('Name the project: --project ID-OR-NAME.');
  return {
    ...{ file, project: values.project, encoding: values.encoding },
    options: {
      dryRun: values['dry-run'] ?? false,
      maxRemovedPercent: values['max-removed'] ?? null,
      changeShared: values['change-shared'] ?? false,
      invite: !(values['no-invite'] ?? false),
    },
  };
}

runCommand({ name: 'sync', usage: USAGE, run: main });
