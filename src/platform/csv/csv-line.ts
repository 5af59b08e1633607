/**
 * With what spreadsheets begin a formula, full-width forms included (they are read alike in some languages), and the
 * apostrophe itself, so that each text has one way to be written. They may pass over blanks and quotation marks before it, and
 * part fields elsewhere than they should: where semicolons or tabs do, in their language.
 */
const START = String.raw`^|[,;\t\r\n]`;
const RISKY = String.raw`["\s]*[=+\-@\t\r\n'＝＋－＠]`;
const RISKY_STARTS = new RegExp(`(?<=${START})(?=${RISKY})`, 'g');
const HARMLESS_STARTS = new RegExp(`(?<=${START})'(?=${RISKY})`, 'g');
const NEEDS_QUOTES = /[",;\r\n\t]|^\s|\s$/;

/** For spreadsheets, which else take UTF-8 for the code page of the machine. */
export const BYTE_ORDER_MARK = '\uFEFF';

/** One record of RFC 4180 with its line break. What a spreadsheet would take for a formula gets an apostrophe in front. */
export function csvLine(fields: readonly (string | null)[]): string {
  return `${fields.map(fieldOf).join(',')}\r\n`;
}

function fieldOf(text: string | null): string {
  if (text === null) return '';
  const harmless = text.replace(RISKY_STARTS, "'");
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** A field as it was before {@link csvLine} made it harmless. */
export function fromHarmless(field: string): string {
  return field.replace(HARMLESS_STARTS, '');
}
