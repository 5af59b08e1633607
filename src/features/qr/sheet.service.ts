import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Language } from '../../kernel/language.js';
import { drawSheet, FONTS } from './sheet-drawing.js';
import type { Sheet } from './sheet.js';

export type { Sheet };

export interface SheetFacts {
  /** Of the document: what its reader shows in the window's title. */
  readonly title: string;
  /** Of its texts, for screen readers. */
  readonly language: Language;
  readonly now: Date;
}

/**
 * A PDF document of one A4 page for each sheet, tagged for screen readers, made while it is read: however many sheets there are,
 * memory stays bounded. Its letters are those of DejaVu Sans: Latin, Greek, Cyrillic, Arabic, Hebrew and more, but no Chinese,
 * Japanese or Korean ones.
 */
export function printSheets(
  sheets: Iterable<Sheet> | AsyncIterable<Sheet>,
  facts: SheetFacts,
): Readable {
  return Readable.from(pagesOf(sheets, facts), { objectMode: false });
}

/** The same in one piece, for a few sheets. */
export function sheetsPdf(sheets: Iterable<Sheet>, facts: SheetFacts): Promise<Buffer> {
  return buffer(printSheets(sheets, facts));
}

async function* pagesOf(
  sheets: Iterable<Sheet> | AsyncIterable<Sheet>,
  { title, language, now }: SheetFacts,
): AsyncGenerator<Buffer> {
  const { default: PDFDocument } = await import('pdfkit'); // most servers never print
  const doc = new PDFDocument({
    size: 'A4',
    margin: 0,
    autoFirstPage: false,
    tagged: true,
    displayTitle: true,
    lang: language.toLowerCase(),
    pdfVersion: '1.7',
    info: { Title: title, Creator: 'Signet', Producer: 'Signet', CreationDate: now, ModDate: now },
  });
  const made: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => made.push(chunk));
  const ended = once(doc, 'end');
  for (const [name, file] of Object.entries(FONTS)) doc.registerFont(name, file);
  for await (const sheet of sheets) {
    doc.addPage();
    drawSheet(doc, sheet);
    await breathe();
    yield* made.splice(0);
  }
  doc.end();
  await ended;
  yield* made;
}
