import type { Problem } from './field-problems.js';

/** Control characters, lone surrogates, line separators, and what turns the direction of the text around it. */
export const UNPRINTABLE =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;
const LINE_BREAK = /\r?\n/g;

/** Limits in characters (Unicode code points). `multiline` allows line breaks. */
export interface TextLimits {
  readonly min?: number;
  readonly max: number;
  readonly multiline?: boolean;
}

/** What is wrong with a text that people will read, in mails and on phones. */
export function textProblem(
  text: string,
  { min = 1, max, multiline = false }: TextLimits,
): Problem {
  const length = Array.from(text).length;
  if (length > max) return `It must have at most ${String(max)} characters.`;
  if (length < min || (min > 0 && text.trim() === '')) return 'It must not be empty.';
  if (UNPRINTABLE.test(multiline ? text.replace(LINE_BREAK, ' ') : text)) {
    return 'It must not contain control characters.';
  }
  return undefined;
}

/** A name as it is compared: two names that look the same to a reader are one (Unicode NFKC, lower case). */
export function comparisonKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().normalize('NFKC');
}

/** PostgreSQL stores no NUL: a text with one equals nothing that is stored. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
