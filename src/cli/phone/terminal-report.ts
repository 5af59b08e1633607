import type { Clock } from '../../kernel/clock.js';
import type { KeyStore } from '../../phone/keys/key-store.js';
import { reportIn } from '../../phone/report.js';

export interface TerminalReportOptions {
  readonly store: KeyStore;
  readonly clock: Clock;
  /** Receives one line at a time, without its line break. */
  readonly write: (line: string) => void;
}

/** A phone in a terminal tells each server that has assigned it an ID that it is in use. Throws what `reportIn` throws. */
export async function runTerminalReport({
  store,
  clock,
  write,
}: TerminalReportOptions): Promise<void> {
  const mobileIds = await store.listMobileIds();
  const servers = new Set(mobileIds.map(({ serverUrl }) => serverUrl));
  for (const serverUrl of servers) {
    const stands = await reportIn({ serverUrl, store, now: () => clock.now() });
    write(`  ${lineOf(stands)}: ${serverUrl}`);
  }
  if (servers.size === 0) write('  There is no mobile ID in this file.');
}

function lineOf(stands: boolean | undefined): string {
  if (stands === undefined) return '… assigned no ID, so nothing was reported';
  return stands ? '✓ reported in' : '✗ the ID of this phone no longer stands';
}
