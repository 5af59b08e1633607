import { symbolOf } from './qr.service.js';
import type { Sheet } from './sheet.js';

export const FONTS = {
  regular: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  bold: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
} as const;

type Doc = PDFKit.PDFDocument;
type Link = Sheet['links'][number];

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}
/** What is too long for it is cut, and marked so. */
interface Room {
  readonly width: number;
  readonly height: number;
}
interface Style {
  readonly font: keyof typeof FONTS;
  readonly size: number;
  readonly color?: string;
  readonly align?: 'left' | 'center';
  readonly lineGap?: number;
}

const POINTS_PER_MM = 72 / 25.4;
const mm = (length: number): number => length * POINTS_PER_MM;

/** A4, with room for printers that do not reach the edge. */
const PAGE = { x: mm(20), width: mm(170), top: mm(18), bottom: mm(279) };
const CODE_MM = 80;
const LINK_CODE_MM = 22;
const LINK_COLUMNS = 2;
const GAP = mm(5);
/** ISO/IEC 18004 asks for four modules of light margin on each side. */
const QUIET_ZONE = 4;

const TITLE: Style = { font: 'bold', size: 24, align: 'center' };
const LEAD: Style = { font: 'regular', size: 13, color: '#444444', align: 'center' };
const LABEL: Style = { font: 'regular', size: 9.5, color: '#444444', align: 'center' };
const URI: Style = { font: 'bold', size: 9.5, align: 'center' };
const TEXT: Style = { font: 'regular', size: 12, lineGap: 2.5 };
const LINK_LABEL: Style = { font: 'bold', size: 9.5 };
const LINK_URL: Style = { font: 'regular', size: 7, color: '#444444' };
const SMALLEST = 6.5;

/** One sheet on the page that was just added; texts shrink where they would not fit. */
export function drawSheet(doc: Doc, sheet: Sheet): void {
  const { x, width, top, bottom } = PAGE;
  const parts: PDFKit.PDFStructureElement[] = [];
  const line = (tag: string, y: number, [text, style]: [string, Style], height: number): number => {
    const own = fitted(doc, [text, style], { width, height });
    parts.push(
      doc.struct(tag, {}, () => {
        print(doc, [text, own], { x, y, width, height });
      }),
    );
    return y + Math.min(height, heightOf(doc, text, width, own)) + GAP / 2;
  };

  let y = line('H1', top, [sheet.title, TITLE], mm(26));
  y = line('P', y, [sheet.lead, LEAD], mm(12));
  const side = mm(CODE_MM);
  const code = { x: x + (width - side) / 2, y, width: side };
  parts.push(figure(doc, sheet.uri, code));
  y = line('P', y + side + GAP / 2, [sheet.uriLabel, LABEL], mm(10));
  y = line('P', y, [sheet.uri, URI], mm(14)) + GAP / 2;
  const room = bottom - y - linksHeight(sheet.links.length);
  line('P', y, [sheet.instructions, TEXT], room);
  parts.push(...drawLinks(doc, sheet.links, bottom - linksHeight(sheet.links.length)));
  doc.addStructure(doc.struct('Sect', {}, parts));
}

/** In two columns at the foot of the page. */
function drawLinks(doc: Doc, links: readonly Link[], top: number): PDFKit.PDFStructureElement[] {
  const columnWidth = PAGE.width / LINK_COLUMNS;
  const side = mm(LINK_CODE_MM);
  return links.flatMap(({ label, url }, i) => {
    const x = PAGE.x + (i % LINK_COLUMNS) * columnWidth;
    const y = top + Math.floor(i / LINK_COLUMNS) * (side + GAP / 2);
    const width = columnWidth - side - GAP;
    const [first, second] = [
      { x: x + side + GAP / 2, y: y + mm(1.5), width, height: side * 0.4 },
      { x: x + side + GAP / 2, y: y + side * 0.45, width, height: side * 0.55 },
    ];
    return [
      figure(doc, url, { x, y, width: side }, `QR code: ${label}`),
      ...[
        { text: label, style: LINK_LABEL, room: first },
        { text: url, style: LINK_URL, room: second },
      ].map(({ text, style, room }) => {
        const own = fitted(doc, [text, style], room);
        return doc.struct('P', {}, () => {
          print(doc, [text, own], room);
        });
      }),
    ];
  });
}

function linksHeight(count: number): number {
  return Math.ceil(count / LINK_COLUMNS) * (mm(LINK_CODE_MM) + GAP / 2);
}

function figure(doc: Doc, uri: string, at: Box, alt = 'QR code'): PDFKit.PDFStructureElement {
  return doc.struct('Figure', { alt }, () => {
    drawCode(doc, uri, at);
  });
}

/** As vectors, so that it is sharp however it is printed; modules of a row that touch are one rectangle. */
function drawCode(doc: Doc, uri: string, { x, y, width }: Box): void {
  const { size, isLight } = symbolOf(uri);
  const module = width / (size + 2 * QUIET_ZONE);
  const at = (position: number): number => (position + QUIET_ZONE) * module;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      if (isLight(row, column)) continue;
      const start = column;
      while (!isLight(row, column + 1)) column += 1;
      doc.rect(x + at(start), y + at(row), (column + 1 - start) * module, module);
    }
  }
  doc.fill('#000000');
}

function print(doc: Doc, [text, style]: readonly [string, Style], room: Box & Room): void {
  const { x, y, width, height } = room;
  // A line that just fits may be a hair too high by the library's own sum.
  const options = { width, height: height + 1, ellipsis: true, ...layoutOf(style) };
  use(doc, style)
    .fillColor(style.color ?? '#000000')
    .text(text, x, y, options);
}

/** The style in the largest size in which the text is no higher than it may be. */
function fitted(doc: Doc, [text, style]: readonly [string, Style], { width, height }: Room): Style {
  let { size } = style;
  while (size > SMALLEST && heightOf(doc, text, width, { ...style, size }) > height) size -= 0.5;
  return { ...style, size };
}

function heightOf(doc: Doc, text: string, width: number, style: Style): number {
  return use(doc, style).heightOfString(text, { width, ...layoutOf(style) });
}

function use(doc: Doc, { font, size }: Style): Doc {
  return doc.font(font).fontSize(size);
}

function layoutOf({ align = 'left', lineGap = 0 }: Style): PDFKit.Mixins.TextOptions {
  return { align, lineGap };
}
