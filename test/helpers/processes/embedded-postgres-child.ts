import { mkdir } from 'node:fs/promises';
import { lockDataDir } from '../../../src/platform/data-dir.js';
import { startEmbeddedPostgres } from '../../../src/platform/embedded-postgres/embedded-postgres.js';

/** What the test tells its child process to do. */
export interface ChildTask {
  readonly dataDir: string;
  readonly what: 'lock' | 'serve';
  /** Become this user first. */
  readonly uid?: number;
  readonly cacheFolder?: string;
}

export type ChildAnswer =
  | { readonly kind: 'serving'; readonly host: string; readonly user: string }
  | { readonly kind: 'locked' | 'stopped' }
  | { readonly kind: 'failed'; readonly message: string };

const quiet = { info: (): void => undefined, warn: (): void => undefined };

function answer(message: ChildAnswer): void {
  process.send?.(message);
}

async function work({ dataDir, what, uid, cacheFolder }: ChildTask): Promise<void> {
  if (uid !== undefined) {
    process.setgroups?.([]);
    process.setgid?.(uid);
    process.setuid?.(uid);
  }
  await mkdir(dataDir, { recursive: true });
  if (what === 'lock') {
    await lockDataDir(dataDir);
    process.on('message', () => undefined); // lives, and holds the lock, until it is killed
    answer({ kind: 'locked' });
    return;
  }
  const cache = cacheFolder === undefined ? {} : { cacheFolder };
  const postgres = await startEmbeddedPostgres({ dataDir, ...cache, log: quiet });
  process.once('message', () => {
    void postgres.stop().then(() => {
      answer({ kind: 'stopped' });
      process.disconnect();
    });
  });
  answer({ kind: 'serving', host: postgres.connection.host, user: postgres.connection.user });
}

process.once('message', (task: ChildTask) => {
  work(task).catch((error: unknown) => {
    answer({ kind: 'failed', message: error instanceof Error ? error.message : 'unknown' });
  });
});
