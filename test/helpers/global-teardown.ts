import { rm } from 'node:fs/promises';
import { findLeaks } from './leaks';
import { testRun } from './run';

/** Ends the run's PostgreSQL, after a look for secrets in all that the run has left behind. */
export default async function tearDown(): Promise<void> {
  const { folder } = testRun();
  try {
    const leaks = await findLeaks(folder);
    if (leaks.length > 0) throw new Error(`Secrets were written down:\n${leaks.join('\n')}`);
  } finally {
    await globalThis.signetTestPostgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
