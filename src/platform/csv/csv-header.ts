import { parse } from 'csv-parse/sync';

const SEPARATORS = [',', ';', '\t', '|'] as const;
export type Separator = (typeof SEPARATORS)[number];

export interface Prelude {
  readonly separator: Separator;
  /** Lines that say nothing of the records, such as `sep=;` of Excel. */
  readonly linesBefore: number;
  /** What is to be parsed: from the header on. */
  readonly text: string;
}

/** Excel's own word on the separator, in a line before the header. */
const SEPARATOR_LINE = /^"?sep=([,;\t|])"?$/i;

/** Where the first line with anything in it ends, line break included; undefined where more text is needed to tell. */
export function firstLineEnd(text: string): number | undefined {
  let isQuoted = false;
  let hasContent = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (character === '"') isQuoted = !isQuoted;
    else if (character === '\n' && !isQuoted && hasContent) return i + 1;
    hasContent ||= character !== '\n';
  }
  return undefined;
}

/**
 * What the first line says of the file.
 * @param text begins with the file, its line breaks all LF
 * @param recognized how many of a header's names are known
 */
export function readPrelude(
  text: string,
  recognized: (names: readonly string[]) => number,
): Prelude {
  const end = firstLineEnd(text) ?? text.length;
  const line = text.slice(0, end).trim();
  const said = SEPARATOR_LINE.exec(line)?.[1] as Separator | undefined;
  if (said === undefined) {
    return { separator: separatorIn(line, recognized), linesBefore: 0, text };
  }
  const linesBefore = text.slice(0, end).split('\n').length - 1;
  return { separator: said, linesBefore, text: text.slice(end) };
}

/** The one that makes most sense of the header; where none does, the one that stands in it most often. */
function separatorIn(line: string, recognized: (names: readonly string[]) => number): Separator {
  const scored = SEPARATORS.map((separator) => {
    const names = namesIn(line, separator);
    return { separator, score: [recognized(names), names.length] as const };
  });
  const [best] = scored.sort((a, b) => b.score[0] - a.score[0] || b.score[1] - a.score[1]);
  return best?.separator ?? ',';
}

/** None where the quotes do not go with this separator. */
function namesIn(line: string, separator: Separator): string[] {
  try {
    const [names = []] = parse(line, {
      delimiter: separator,
      relax_column_count: true,
      to: 1,
    });
    return names;
  } catch {
    return [];
  }
}
