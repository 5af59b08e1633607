import { dictionary } from '@zxcvbn-ts/language-common';
import { comparisonKey } from '../../kernel/text.js';

/** The 49,000 commonest passwords of the breaches, in small letters. */
const COMMON: ReadonlySet<string> = new Set(dictionary['passwords-common']);

const MIN_CORE = 4;
/** What people put around a common password to make it long enough. */
const DECORATION = /^[^\p{L}]+|[^\p{L}]+$/gu;
const MAX_DECORATION = 8;
const MAX_REPEATED = 6;
const RUN_LENGTH = 12;

/**
 * Whether a password is among the first that somebody tries (NIST SP 800-63B 5.1.1.2): a common one, bare, decorated with digits
 * and signs or repeated; a short piece repeated; characters in a row.
 */
export function isCommonPassword(password: string): boolean {
  const typed = comparisonKey(password);
  return isRow(typed) || variants(typed).some((variant) => COMMON.has(variant));
}

/** Whether a password is no more than a word that its guesser knows, with digits and signs around it. */
export function isWordDecorated(password: string, word: string): boolean {
  const rest = comparisonKey(password).split(comparisonKey(word)).join('');
  return rest.length < comparisonKey(password).length && !/\p{L}/u.test(rest);
}

function variants(typed: string): string[] {
  const core = typed.replace(DECORATION, '');
  const isDecorated =
    core.length >= MIN_CORE && Array.from(typed).length - Array.from(core).length <= MAX_DECORATION;
  const bare = isDecorated ? [typed, core] : [typed];
  return [...bare, ...bare.map(repeatedIn).filter((piece) => piece.length >= MIN_CORE)];
}

/** The shortest piece of which the text is a repetition; the text itself where there is none. */
function repeatedIn(text: string): string {
  const period = `${text}${text}`.indexOf(text, 1);
  return text.slice(0, period);
}

/** `aaaaaaaaaaaa`, `abcabcabcabc`, `123456789012`, `abcdefghijkl`: short pieces again and again, and neighbours in a row. */
function isRow(text: string): boolean {
  const characters = Array.from(text);
  if (repeatedIn(text).length <= MAX_REPEATED) return true;
  const steps = characters
    .slice(1)
    .map((character, i) => stepBetween(characters[i] ?? '', character));
  const breaks = steps.filter((step, i) => i > 0 && step !== steps[i - 1]).length;
  return characters.length <= 2 * RUN_LENGTH && breaks <= 2 && steps.every((s) => Math.abs(s) <= 1);
}

function stepBetween(one: string, next: string): number {
  if (one === '9' && next === '0') return 1;
  if (one === '0' && next === '9') return -1;
  return (next.codePointAt(0) ?? 0) - (one.codePointAt(0) ?? 0);
}
