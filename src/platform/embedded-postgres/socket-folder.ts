import { createHash } from 'node:crypto';
import { chown, lstat, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StartupError } from '../../kernel/startup-error.js';
import { hasCode } from '../system-errors.js';
import { canEnter, type Account } from './account.js';
import { PORT } from './settings.js';

// unix(7): sun_path holds 108 bytes on Linux, 104 on macOS, with the closing zero.
const SOCKET_PATH_LIMIT = 103;

const SOCKET_NAME = `.s.PGSQL.${String(PORT)}`;

/**
 * An empty folder for the socket that only the account may open: in DATA_DIR, or, where that path is too long or closed
 * to the account, in the folder for temporary files.
 */
export async function makeSocketFolder(dataDir: string, account: Account): Promise<string> {
  const name = `signet-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
  for (const folder of [join(dataDir, 'socket'), join(tmpdir(), name), join('/tmp', name)]) {
    if (!fits(folder) || !(await canEnter(account, dirname(folder)))) continue;
    await makePrivate(folder, account);
    await removeStale(folder);
    return folder;
  }
  throw new StartupError(
    `No folder is open to user ${String(account.uid)} for PostgreSQL's socket.`,
  );
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, SOCKET_NAME)) <= SOCKET_PATH_LIMIT;
}

async function makePrivate(folder: string, account: Account): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  const found = await lstat(folder);
  const trusted = found.uid === account.uid || found.uid === process.getuid?.();
  if (!found.isDirectory() || !trusted || (found.mode & 0o077) !== 0) {
    throw new StartupError(
      `${folder}, where PostgreSQL's socket would be, is not a private folder of user ${String(account.uid)}. ` +
        'Remove it, or choose another DATA_DIR.',
    );
  }
  if (found.uid !== account.uid) await chown(folder, account.uid, account.gid);
}

/** The folder is for this one server, which is not running when a folder is made for it. */
async function removeStale(folder: string): Promise<void> {
  for (const name of [SOCKET_NAME, `${SOCKET_NAME}.lock`]) {
    await rm(join(folder, name), { force: true });
  }
}
