import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../kernel/clock.js';
import type { KeyAlgorithm } from '../../phone/keys/key-algorithm.js';
import type { KeyStore, StoredMobileId } from '../../phone/keys/key-store.js';
import { PhoneError } from '../../phone/problem.js';
import { connectForRenewals } from '../../phone/renewal/renewal-api.js';
import { Renewer, type RenewalProgress } from '../../phone/renewal/renewer.js';

export interface TerminalRenewalOptions {
  readonly store: KeyStore;
  readonly clock: Clock;
  /** Receives one line at a time, without its line break. */
  readonly write: (line: string) => void;
  /** Only this one; without it, all that may be renewed. */
  readonly profileId?: string | undefined;
  readonly algorithm?: KeyAlgorithm | undefined;
}

/**
 * A phone in a terminal renews what it holds. Throws what `Renewer` throws.
 * @returns how many were renewed
 */
export async function runTerminalRenewal(options: TerminalRenewalOptions): Promise<number> {
  const { profileId, store, write } = options;
  const all = await store.listMobileIds();
  const wanted = all.filter(({ profile, replacedBy }) =>
    profileId === undefined ? replacedBy === undefined : profile.id === profileId,
  );
  if (wanted.length === 0) throw new PhoneError('NO_SUCH_MOBILE_ID');
  let renewed = 0;
  for (const mobileId of wanted) {
    const { accountName, id, name } = mobileId.profile;
    write(`  ${plain(`${name} of ${accountName}`)} (${id})`);
    const renewer = renewerFor(mobileId, options);
    if (profileId === undefined && !(await isDue(renewer, mobileId, options))) continue;
    await renewer.renew(id);
    renewed += 1;
  }
  return renewed;
}

/** Asked for all, the phone renews what may be renewed, and says of the others from when on. */
async function isDue(
  renewer: Renewer,
  mobileId: StoredMobileId,
  { clock, write }: TerminalRenewalOptions,
): Promise<boolean> {
  if (await renewer.isPending(mobileId.profile.id)) return true;
  const task = await renewer.look(mobileId);
  if (task !== undefined && new Date(task.renewableFrom) <= clock.now()) return true;
  const from = task === undefined ? 'cannot be renewed' : `from ${day(task.renewableFrom)} on`;
  write(`  … not now: ${from}`);
  return false;
}

function renewerFor(
  { serverUrl }: StoredMobileId,
  { algorithm, clock, store, write }: TerminalRenewalOptions,
): Renewer {
  return new Renewer({
    serverUrl,
    api: connectForRenewals({ serverUrl }),
    store,
    now: () => clock.now(),
    pause: (ms) => pause(ms),
    algorithm,
    extractableKeys: true,
    report: (progress) => {
      write(lineOf(progress));
    },
  });
}

function lineOf(progress: RenewalProgress): string {
  switch (progress.step) {
    case 'MAKING_KEY':
      return `  … making the ${progress.kind} key, ${progress.algorithm}`;
    case 'RENEWING':
      return '  … sending the certificate requests';
    case 'RETRYING':
      return `  … no answer, trying again in ${(progress.waitMs / 1000).toString()} s`;
    case 'RENEWED':
      return `  ✓ renewed, valid until ${day(progress.mobileId.profile.validTo)}`;
  }
}

/** What a server says must not steer the terminal. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, '');
}

function day(instant: string): string {
  return instant.slice(0, 10);
}
