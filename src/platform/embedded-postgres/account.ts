import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { StartupError } from '../../kernel/startup-error.js';
import { unavailable } from './unavailable.js';

/** The operating system's user as which PostgreSQL runs: never root, which it refuses. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** True when this process is root and each command has to change its user. */
  readonly switched: boolean;
}

/**
 * Nothing is inherited: neither this server's secrets nor settings such as PGDATA or PGOPTIONS.
 * macOS makes threads for locales other than C, which PostgreSQL does not bear.
 */
export const COMMAND_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
} as const;

/** Who owns the data, or will own it when there is none yet. */
export async function chooseAccount(dataFolder: string): Promise<Account> {
  const owner = await stat(dataFolder).catch(() => undefined);
  const own = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1, switched: false };
  if (own.uid === 0) {
    if (owner !== undefined && owner.uid !== 0) {
      return { uid: owner.uid, gid: owner.gid, switched: true };
    }
    return accountForRoot();
  }
  if (owner === undefined) return refuseWithoutName(own);
  if (owner.uid === own.uid) return own;
  throw new StartupError(
    `${dataFolder} belongs to user ${String(owner.uid)}, and this server runs as user ${String(own.uid)}. ` +
      'Start it as the owner or as root, choose another DATA_DIR, or set DATABASE_URL.',
  );
}

async function accountForRoot(): Promise<Account> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n');
  const entries = lines.map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const entry = entries.find((fields) => fields[0] === name);
    const [uid, gid] = [Number(entry?.[2]) >>> 0, Number(entry?.[3]) >>> 0];
    if (uid !== 0) return { uid, gid, switched: true };
  }
  throw unavailable('PostgreSQL does not run as root, and there is no user postgres or nobody');
}

/** initdb fails for a uid that has no entry in the user database, as containers often run. */
function refuseWithoutName(account: Account): Account {
  try {
    userInfo();
    return account;
  } catch (cause) {
    throw unavailable(`User ${String(account.uid)}, as whom it would run, has no name`, { cause });
  }
}

/** Options of `spawn` for this account; libuv drops the supplementary groups too. */
export function spawnIdentity(account: Account): { uid?: number; gid?: number } {
  return account.switched ? { uid: account.uid | 0, gid: account.gid | 0 } : {};
}

export interface Finished {
  readonly succeeded: boolean;
  readonly output: string;
}

/** Runs a command as the account to its end. A command that cannot even start has not succeeded either. */
export function runAs(
  account: Account,
  command: string,
  args: readonly string[],
  cwd = '/',
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: COMMAND_ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...spawnIdentity(account),
    });
    const chunks: Buffer[] = [];
    const collect = (chunk: Buffer): number => chunks.push(chunk);
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => {
      resolve({ succeeded: false, output: error.message });
    });
    child.on('close', (code) => {
      resolve({ succeeded: code === 0, output: Buffer.concat(chunks).toString('utf8').trim() });
    });
  });
}

/** Whether the account gets to this folder by its path: folders above it may be closed to it. */
export async function canEnter(account: Account, folder: string): Promise<boolean> {
  if (!account.switched) return true;
  return (await runAs(account, '/bin/sh', ['-c', 'cd "$1"', 'sh', folder])).succeeded;
}
