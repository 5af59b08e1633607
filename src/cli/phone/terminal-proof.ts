import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../kernel/clock.js';
import { deviceText } from '../../phone/device-text.js';
import type { KeyStore } from '../../phone/keys/key-store.js';
import type { MobileIdLink } from '../../phone/link.js';
import { profileText } from '../../phone/profile-text.js';
import { connectForProofs } from '../../phone/proofs/proof-api.js';
import { Prover, type OpenQuestion } from '../../phone/proofs/prover.js';

export interface TerminalProofOptions {
  readonly link: MobileIdLink;
  readonly store: Pick<KeyStore, 'listMobileIds'>;
  readonly clock: Clock;
  /** Receives one line at a time, without its line break. */
  readonly write: (line: string) => void;
  /** The number that the page shows; an empty one says no. */
  readonly askNumber: () => Promise<string>;
}

/**
 * A phone in a terminal that is asked whether it is you: shows who asks, signs the number that the person types.
 * Throws what `Prover` throws.
 */
export async function runTerminalProof(
  options: TerminalProofOptions,
): Promise<'ANSWERED' | 'DECLINED'> {
  const { link, store, clock, write, askNumber } = options;
  const { code, serverUrl } = link;
  const prover = new Prover({
    serverUrl,
    api: connectForProofs({ serverUrl }),
    store,
    now: () => clock.now(),
    pause: (ms) => pause(ms),
  });
  const question = await prover.open(code);
  for (const line of linesOf(question, serverUrl)) write(line);
  const number = await askNumber();
  if (number === '') {
    await prover.reject(code);
    write('  ✓ said no: nothing was signed');
    return 'DECLINED';
  }
  await prover.answer(question, number);
  write('  ✓ signed: the page that asked goes on');
  return 'ANSWERED';
}

function linesOf({ challenge, mobileId }: OpenQuestion, serverUrl: string): string[] {
  const { address, displayName, userAgent } = challenge;
  const { name, serverName } = mobileId.profile;
  return [
    ['Server', serverUrl],
    ['Is this', `${displayName}?`],
    ['Asked from', `${deviceText(userAgent)}, ${address}`],
    ['Answers', profileText(name, serverName)],
  ].map(([label = '', text = '']) => `  ${label.padEnd(10)} ${plain(text)}`);
}

/** What a server says must not steer the terminal. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, '');
}
