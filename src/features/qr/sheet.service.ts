import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as breathe } from 'node:timers/promises';
import PDFDocument from 'pdfkit';
import { drawSheet, FONTS } from './sheet-drawing.js';

/** A page to print: a QR code, and what belongs to it. */
export interface Sheet {
  readonly title: string;
  /** One line below the title. */
  readonly lead: string;
  /** What the QR code says; it stands below in letters, too. */
  readonly uri: string;
  /** Above `uri` in letters. */
  readonly uriLabel: string;
  /** As many paragraphs as there are lines. */
  readonly instructions: string;
  /** Each with a small QR code of its own. */
  readonly links: readonly { readonly label: string; readonly url: string }[];
}

export interface SheetFacts {
  /** Of the document: what its reader shows in the window's title. */
  readonly title: string;
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
  { title, now }: SheetFacts,
): AsyncGenerator<Buffer> {
  const doc = new PDFDocument({
    size: 'A4',
    margin: 0,
    autoFirstPage: false,
    tagged: true,
    displayTitle: true,
    lang: 'en',
    pdfVersion: '1.7',
    info: { Title: title, Creator: 'Signet', Producer: 'Signet', CreationDate: now, ModDate: now },
  });
  const made: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => made.push(chunk));
  const ended = once(doc, 'end');
  const locate = createRequire(__filename);
  for (const [name, file] of Object.entries(FONTS)) doc.registerFont(name, locate.resolve(file));
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
