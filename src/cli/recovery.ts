import 'reflect-metadata';
import { createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import type { DataSource } from 'typeorm';
import { recoveryKeysIn } from '../composition/first-start.js';
import { loadConfig, type Config } from '../config.js';
import { AuditService } from '../features/audit/audit.service.js';
import { AuthorityKeys } from '../features/certificates/authorities/authority-keys.js';
import { AuthorityService } from '../features/certificates/authorities/authority.service.js';
import {
  KeyArchiveService,
  newRecoveryKey,
} from '../features/certificates/key-archive/key-archive.service.js';
import {
  KeyPreparationService,
  type WaitingRecovery,
} from '../features/enrolment/recovery/key-preparation.service.js';
import { PreparedKeyService } from '../features/enrolment/recovery/prepared-key.service.js';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../kernel/key-algorithm.js';
import { KeyRing } from '../kernel/secrets.js';
import { StartupError } from '../kernel/startup-error.js';
import { EventHandlers } from '../platform/event-handlers.js';
import { UnitOfWork, type ChangeScope, type Scope } from '../platform/scope.js';
import { FLAG, oneOf, readCommand, someText, UsageError } from './command-line.js';
import { ownKeys, withDatabase } from './own-database.js';
import { runCommand } from './run-command.js';

const USAGE = `npm run recovery -- init --out FILE [--algorithm RSA-3072] [--new]
npm run recovery -- init --public FILE [--new]
npm run recovery -- list
npm run recovery -- run

init  makes the recovery key: its private half goes to FILE and nowhere else, its public half into the database. From then on
      projects may have encryption keys archived for it. --public takes a public key (PEM) that was made elsewhere; --new lets
      the key take the place of an earlier one, which is needed further on for what was archived for it.
list  shows approved recoveries that wait for the recovery key.
run   opens them with RECOVERY_KEY, a file or PEM, so that they go along with the next mobile ID. It needs MASTER_KEY too,
      unless DATA_DIR has it.

It needs DATABASE_URL, or the DATA_DIR of the server.
`;

const FOR_ITS_OWNER = 0o600;
const COMMANDS = {
  options: {
    algorithm: oneOf(KEY_ALGORITHMS),
    new: FLAG,
    out: someText('the name of a file'),
    public: someText('the name of a file'),
  },
  verbs: {
    init: { options: ['algorithm', 'new', 'out', 'public'] },
    list: { options: [] },
    run: { options: [] },
  },
} as const;

interface Order {
  readonly verb: keyof (typeof COMMANDS)['verbs'];
  readonly algorithm: KeyAlgorithm;
  readonly asNew: boolean;
  readonly out: string | undefined;
  readonly publicFile: string | undefined;
}

interface Console {
  readonly work: UnitOfWork;
  readonly archive: KeyArchiveService;
  readonly audit: AuditService;
  readonly change: <T>(work: (scope: ChangeScope) => Promise<T>) => Promise<T>;
  readonly preparation: KeyPreparationService;
}

/** The console of the recovery key: who can start it has the database anyway, and for `run` both keys. */
async function main(args: readonly string[]): Promise<number> {
  const order = orderOf(args);
  const config = settings(order.verb);
  if (order.verb === 'run' && config.recoveryKey === null) {
    throw new StartupError('RECOVERY_KEY is needed: the private half of the recovery key.');
  }
  return withDatabase(config, async (source) => {
    const own = await consoleOn(source, config, order.verb);
    if (order.verb === 'init') return init(own, order);
    const waiting = await own.change((scope) => own.preparation.waiting(scope));
    return order.verb === 'list' ? list(waiting) : run(own, waiting);
  });
}

/** Only `run` reads keys. */
function settings(verb: Order['verb']): Config {
  // eslint-disable-next-line no-restricted-properties -- a program of its own, as main.ts
  const { DATABASE_URL, DATA_DIR, MASTER_KEY, RECOVERY_KEY } = process.env;
  return verb === 'run'
    ? loadConfig({ DATABASE_URL, DATA_DIR, MASTER_KEY, RECOVERY_KEY })
    : loadConfig({ DATABASE_URL, DATA_DIR, MASTER_KEY: Buffer.alloc(32).toString('base64') });
}

async function consoleOn(
  source: DataSource,
  config: Config,
  verb: Order['verb'],
): Promise<Console> {
  const work = new UnitOfWork(source, new EventHandlers<ChangeScope>());
  const archive = new KeyArchiveService(await recoveryKeysIn(config.recoveryKey));
  const audit = new AuditService();
  const keys = verb === 'run' ? await ownKeys(config) : new KeyRing(Buffer.alloc(32));
  const request = await work.systemRequest('console', randomUUID());
  if (verb === 'run') await requireMasterKey(work.read(request), keys);
  return {
    ...{ work, archive, audit },
    change: (task) => work.change(request, task),
    preparation: new KeyPreparationService({
      keyArchive: archive,
      preparedKeys: new PreparedKeyService(keys),
      audit,
    }),
  };
}

/** What another key had sealed no server could open. @throws StartupError */
async function requireMasterKey(scope: Scope, keys: KeyRing): Promise<void> {
  const authorities = new AuthorityService(new AuthorityKeys(keys, null), new AuditService());
  const known = await authorities.all(scope);
  await known.find(({ keyIn }) => keyIn === 'DATABASE')?.signer();
}

async function init(own: Console, order: Order): Promise<number> {
  const { publicKey, pem } = await keyFor(order);
  const { id } = await own.change(async (scope) => {
    const introduced = await own.archive.introduce(scope, publicKey, order.asNew);
    await own.audit.record(scope, {
      action: 'recovery-key.introduce',
      target: `recovery-key:${introduced.id}`,
    });
    // Last, and before the commit: neither is there without the other.
    if (pem !== null && order.out !== undefined) await writeKey(order.out, pem);
    return introduced;
  });
  process.stdout.write(`Encryption keys are archived for recovery key ${id} from now on.\n`);
  if (order.out !== undefined) {
    process.stdout.write(
      `Its private half is in ${order.out}, and nowhere else: without it no key ever comes back. Keep it away from the server, or name it there as RECOVERY_KEY for recovery at once.\n`,
    );
  }
  return 0;
}

async function keyFor({
  algorithm,
  publicFile,
}: Order): Promise<{ publicKey: KeyObject; pem: string | null }> {
  if (publicFile === undefined) return newRecoveryKey(algorithm);
  const pem = await readFile(publicFile, 'utf8').catch((cause: unknown) => {
    throw new StartupError(`${publicFile} cannot be read.`, { cause });
  });
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) {
    throw new StartupError(`${publicFile} must hold a public key in PEM.`);
  }
  return { publicKey: createPublicKey(pem), pem: null };
}

/** Whole and on the disk, or not there at all; never over another one. */
async function writeKey(path: string, pem: string): Promise<void> {
  const file = await open(path, 'wx', FOR_ITS_OWNER).catch((cause: unknown) => {
    throw new StartupError(`${path} cannot be written, or is there already.`, { cause });
  });
  try {
    await file.writeFile(pem);
    await file.sync();
  } finally {
    await file.close();
  }
}

function list(waiting: readonly WaitingRecovery[]): number {
  for (const { id, username, expiresAt, certificateIds, recoveryKeyIds } of waiting) {
    const keys = `${String(certificateIds.length)} for recovery key ${recoveryKeyIds.join(', ')}`;
    process.stdout.write(`${id}  ${username}  until ${expiresAt.toISOString()}  ${keys}\n`);
  }
  if (waiting.length === 0) process.stdout.write('No approved recovery waits.\n');
  return 0;
}

async function run(own: Console, waiting: readonly WaitingRecovery[]): Promise<number> {
  let isComplete = true;
  for (const recovery of waiting) {
    const opened = await own.change((scope) => own.preparation.prepare(scope, recovery));
    const wanted = recovery.certificateIds.length;
    if (opened < wanted) isComplete = false;
    process.stdout.write(
      `${recovery.id}  ${recovery.username}  ${String(opened)} of ${String(wanted)} keys opened\n`,
    );
  }
  if (waiting.length === 0) process.stdout.write('No approved recovery waits.\n');
  if (!isComplete) process.stderr.write('Some are archived for a recovery key that is not here.\n');
  return isComplete ? 0 : 1;
}

function orderOf(args: readonly string[]): Order {
  const { verb, values } = readCommand(args, COMMANDS);
  const { algorithm = 'RSA-3072', out, public: publicFile, new: asNew = false } = values;
  if (verb === 'init' && (out === undefined) === (publicFile === undefined)) {
    throw new UsageError('init needs either --out or --public, the name of a file.');
  }
  return { verb, algorithm, asNew, out, publicFile };
}

runCommand({ name: 'recovery', usage: USAGE, run: main });
