/** What a spreadsheet takes for the beginning of a formula, in full width as well. */
const FORMULA = /^[\t\r\n]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

/** For spreadsheets, which else take UTF-8 for the code page of the machine. */
export const BYTE_ORDER_MARK = '\uFEFF';

/**
 * One record, RFC 4180 section 2: commas, CRLF, every field in quotes. A text that a spreadsheet would run as a formula has an
 * apostrophe before it, which makes it text.
 */
export function csvRecord(fields: readonly (string | number | null)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

function csvField(value: string | number | null): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
