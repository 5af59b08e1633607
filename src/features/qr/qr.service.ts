import QRCode from 'qrcode';
import { blackAndWhitePng, pngLine } from './png.js';

/** Modules of light margin on each side. ISO/IEC 18004 asks for four. */
const QUIET_ZONE = 4;
const LEVEL = { errorCorrectionLevel: 'M' } as const;

/**
 * A square PNG, quiet zone included. Modules are whole pixels, what is left over widens the margin; a code with more modules
 * than `sizePixels` gets one pixel for each.
 */
export function qrPng(uri: string, sizePixels: number): Promise<Buffer> {
  const { size, isLight } = symbolOf(uri);
  const width = size + 2 * QUIET_ZONE;
  const scale = Math.max(1, Math.floor(sizePixels / width));
  const pixels = Math.max(sizePixels, width);
  const margin = Math.floor((pixels - size * scale) / 2);
  const moduleAt = (pixel: number): number => Math.floor((pixel - margin) / scale);
  const lineOf = (row: number): Buffer =>
    pngLine(pixels, (column) => isLight(row, moduleAt(column)));
  const blank = lineOf(-1);
  const drawn = Array.from({ length: size }, (_, row) => lineOf(row));
  const lines = Array.from({ length: pixels }, (_, y) => drawn[moduleAt(y)] ?? blank);
  return blackAndWhitePng(pixels, lines);
}

/** An SVG document without a size of its own: it takes that of its surroundings. */
export function qrSvg(uri: string): Promise<string> {
  return QRCode.toString(uri, { ...LEVEL, margin: QUIET_ZONE, type: 'svg' });
}

/**
 * Lines of block characters, two rows of modules to a line. Light modules are the ones that are drawn, quiet zone included,
 * so that a terminal with light letters on dark ground shows the code as it is meant; on light ground it appears reversed,
 * which phones read as well.
 */
export function qrText(uri: string): string {
  const { size, isLight } = symbolOf(uri);
  const lines: string[] = [];
  for (let row = -QUIET_ZONE; row < size + QUIET_ZONE; row += 2) {
    let line = '';
    for (let column = -QUIET_ZONE; column < size + QUIET_ZONE; column += 1) {
      line += block(isLight(row, column), isLight(row + 1, column));
    }
    lines.push(line);
  }
  return lines.join('\n');
}

interface QrSymbol {
  /** Modules a side, without the quiet zone. */
  readonly size: number;
  /** Whatever lies outside is light. */
  readonly isLight: (row: number, column: number) => boolean;
}

/** What a QR code is drawn from. */
export function symbolOf(uri: string): QrSymbol {
  const { size, data } = QRCode.create(uri, LEVEL).modules;
  const isInside = (position: number): boolean => position >= 0 && position < size;
  return {
    size,
    isLight: (row, column) =>
      !isInside(row) || !isInside(column) || data[row * size + column] === 0,
  };
}

function block(isUpperDrawn: boolean, isLowerDrawn: boolean): string {
  if (isUpperDrawn) return isLowerDrawn ? '█' : '▀';
  return isLowerDrawn ? '▄' : ' ';
}
