import 'reflect-metadata';
import { randomUUID, X509Certificate } from 'node:crypto';
import { openAuthorityKeys } from '../composition/start/authorities.js';
import { Teardown } from '../composition/start/teardown.js';
import { loadConfig, type Config } from '../config.js';
import { AuditService } from '../features/audit/audit.service.js';
import {
  AuthorityService,
  type KnownAuthority,
} from '../features/certificates/authorities/authority.service.js';
import { pemOf } from '../features/certificates/certificate.service.js';
import { AuthorityDirectory } from '../features/certificates/authorities/authority-directory.service.js';
import {
  AUTHORITY_REASONS,
  AuthorityRevocationService,
  type AuthorityReason,
  type AuthorityVerdict,
} from '../features/certificates/revocation/authority-revocation.service.js';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../kernel/key-algorithm.js';
import { StartupError } from '../kernel/startup-error.js';
import { EventHandlers } from '../platform/event-handlers.js';
import { createLogger } from '../platform/logger.js';
import { UnitOfWork, type ChangeScope, type Scope } from '../platform/scope.js';
import { FLAG, oneOf, readCommand } from './command-line.js';
import { ownKeys, withDatabase } from './own-database.js';
import { runCommand } from './run-command.js';

const USAGE = `npm run ca -- show
npm run ca -- roll-over [--key-algorithm ${KEY_ALGORITHMS.join('|')}]
npm run ca -- revoke ID --reason ${AUTHORITY_REASONS.join('|')} [--anyway]
npm run --silent ca -- export [ID]

show       lists the certificate authorities: the root, and the issuing ones from the oldest to the newest.
roll-over  makes a new issuing key, certified by the root, which servers that run take up at once. What the present one has issued
           stays valid: it signs revocation lists and answers until the last of it has run out. With PKCS11_MODULE, PKCS11_TOKEN
           and PKCS11_PIN the key is made in the token. Without --key-algorithm it is of the present kind.
revoke     ends the trust in an issuing authority that has retired, and with it in everything that it has issued. For good: the
           list of the root names it from then on. --anyway where some of that has not run out; its holders need new certificates.
export     writes certificates in PEM: the one with this ID, or all, the one that issues first and the root last.

It needs DATABASE_URL and MASTER_KEY, or the DATA_DIR of the server whose authorities they are; PKI_URL where it has changed.
`;

const COMMANDS = {
  options: {
    'key-algorithm': oneOf(KEY_ALGORITHMS),
    reason: oneOf(AUTHORITY_REASONS),
    anyway: FLAG,
  },
  verbs: {
    show: { options: [] },
    'roll-over': { options: ['key-algorithm'] },
    revoke: {
      options: ['reason', 'anyway'],
      needs: ['reason'],
      argument: { name: 'the ID of an authority', isNeeded: true },
    },
    export: { options: [], argument: { name: 'the ID of an authority', isNeeded: false } },
  },
} as const;
const CRL_URL = /(https?:\/\/[^/\s]+)\/pki\/[0-9a-f-]{36}\.crl/;

type Order =
  | { readonly verb: 'roll-over'; readonly keyAlgorithm: KeyAlgorithm | undefined }
  | {
      readonly verb: 'revoke';
      readonly id: string;
      readonly reason: AuthorityReason;
      readonly anyway: boolean;
    }
  | { readonly verb: 'show' }
  | { readonly verb: 'export'; readonly id: string | undefined };

/** The server's own console for its certificate authorities: who can start it has the keys anyway, so it asks nobody. */
async function main(args: readonly string[]): Promise<number> {
  const order = orderOf(args);
  const config = settings();
  const teardown = new Teardown();
  try {
    return await withDatabase(config, async (source) => {
      const keys = await ownKeys(config);
      const audit = new AuditService();
      const authorityKeys = await openAuthorityKeys(keys, config.pkcs11, teardown);
      const service = new AuthorityService(authorityKeys, audit);
      const work = new UnitOfWork(source, new EventHandlers<ChangeScope>());
      const request = await work.systemRequest('console', randomUUID());
      if (order.verb === 'show') return show(work.read(request), service);
      if (order.verb === 'export') return exportPem(work.read(request), service, order.id);
      if (order.verb === 'revoke') {
        const directory = new AuthorityDirectory(work, service);
        const revocation = new AuthorityRevocationService(directory, audit);
        const below = await work.change(request, (scope) => revoke(scope, revocation, order));
        process.stdout.write(toldOf(order, below));
        return 0;
      }
      const made = await work.change(request, (scope) =>
        rollOver(scope, service, { order, config }),
      );
      process.stdout.write(`${made} issues from now on.\n`);
      return 0;
    });
  } finally {
    await teardown.run(createLogger({ level: 'warn', file: null }));
  }
}

function settings(): Config {
  // eslint-disable-next-line no-restricted-properties -- a program of its own, as main.ts
  const { DATABASE_URL, DATA_DIR, MASTER_KEY, PKI_URL, ...others } = process.env;
  const { PKCS11_MODULE, PKCS11_TOKEN, PKCS11_PIN } = others;
  return loadConfig({
    ...{ DATABASE_URL, DATA_DIR, MASTER_KEY, PKI_URL },
    ...{ PKCS11_MODULE, PKCS11_TOKEN, PKCS11_PIN },
  });
}

function orderOf(args: readonly string[]): Order {
  const { verb, argument: id, values } = readCommand(args, COMMANDS);
  const { 'key-algorithm': keyAlgorithm, reason, anyway = false } = values;
  if (verb === 'roll-over') return { verb, keyAlgorithm };
  if (verb === 'export') return { verb, id };
  if (verb === 'show') return { verb };
  if (id === undefined || reason === undefined) throw new Error('The command line needs both.');
  return { verb, id, reason, anyway };
}

async function show(scope: Scope, service: AuthorityService): Promise<number> {
  for (const authority of await service.all(scope)) {
    process.stdout.write(`${describe(authority)}\n`);
  }
  return 0;
}

function describe(authority: KnownAuthority): string {
  const { id, role, state, keyAlgorithm, keyIn, retiredAt, revokedAt } = authority;
  const certificate = new X509Certificate(authority.certificateDer);
  const lines: readonly (readonly [string, string])[] = [
    ['subject', certificate.subject.replaceAll('\n', ', ')],
    [
      'key',
      `${keyAlgorithm}, ${keyIn === 'TOKEN' ? 'in the PKCS #11 token' : 'sealed in the database'}`,
    ],
    ['valid', `${dayOf(certificate.validFrom)} to ${dayOf(certificate.validTo)}`],
    ...(retiredAt === null ? [] : [['retired', retiredAt.toISOString()] as const]),
    ...(revokedAt === null ? [] : [['revoked', revokedAt.toISOString()] as const]),
    ['SHA-256', certificate.fingerprint256],
  ];
  const title = `${role === 'ROOT' ? 'Root' : 'Issuing'} ${id}  ${state}`;
  return [title, ...lines.map(([name, text]) => `  ${name.padEnd(8)} ${text}`), ''].join('\n');
}

function dayOf(openssl: string): string {
  return new Date(openssl).toISOString().slice(0, 10);
}

async function exportPem(
  scope: Scope,
  service: AuthorityService,
  id: string | undefined,
): Promise<number> {
  const all = (await service.all(scope)).reverse();
  const wanted = all.filter((authority) => id === undefined || authority.id === id);
  if (wanted.length === 0) throw new StartupError('There is no authority with this ID.');
  for (const { certificateDer } of wanted) process.stdout.write(pemOf(certificateDer));
  return 0;
}

async function rollOver(
  scope: ChangeScope,
  service: AuthorityService,
  { order, config }: { order: Extract<Order, { verb: 'roll-over' }>; config: Config },
): Promise<string> {
  const present = (await service.all(scope)).find(
    ({ role, state }) => role === 'ISSUING' && state === 'ACTIVE',
  );
  if (present === undefined) {
    throw new StartupError('There is no authority yet. Start the server once, then repeat this.');
  }
  return service.rollOver(scope, {
    keyAlgorithm: order.keyAlgorithm ?? present.keyAlgorithm,
    pkiUrl: config.pkiUrl ?? pkiUrlOf(present),
  });
}

const REFUSED: Readonly<Record<Exclude<AuthorityVerdict, 'REVOKED'>, string>> = {
  UNKNOWN: 'There is no authority with this ID.',
  ROOT: 'The root cannot revoke itself: whoever trusts it has to stop that.',
  ACTIVE: 'This authority issues certificates. Roll over to a new one first, then repeat this.',
  REVOKED_BEFORE: 'It has been revoked already.',
};

type Revocation = Extract<Order, { verb: 'revoke' }>;

/**
 * @returns how many certificates are trusted no more
 * @throws StartupError where it cannot be, or where that would end the trust in certificates that are in use, unasked
 */
async function revoke(
  scope: ChangeScope,
  revocation: AuthorityRevocationService,
  { id, reason, anyway }: Revocation,
): Promise<number> {
  const verdict = await revocation.revoke(scope, id, reason);
  if (verdict !== 'REVOKED') throw new StartupError(REFUSED[verdict]);
  const below = await revocation.trustedBelow(scope, id);
  if (below > 0 && !anyway) {
    throw new StartupError(
      `${String(below)} certificates that it has issued are in use, and nobody would trust them any more: their holders need new ones. Repeat it with --anyway.`,
    );
  }
  return below;
}

function toldOf({ id, reason }: Revocation, below: number): string {
  return `${id} is revoked (${reason}); the root's list says so once a server runs. ${String(below)} certificates that it has issued are trusted no more.\n`;
}

/** As the server named it when the present authority was made. */
function pkiUrlOf({ certificateDer }: KnownAuthority): string {
  const found = CRL_URL.exec(certificateDer.toString('latin1'));
  if (found?.[1] === undefined) throw new StartupError('Set PKI_URL to the server’s.');
  return found[1];
}

runCommand({ name: 'ca', usage: USAGE, run: main });
