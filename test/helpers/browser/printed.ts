import { inflateSync } from 'node:zlib';
import jsQR from 'jsqr';

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const PIXELS_PER_POINT = 3;
const MARGIN_PIXELS = 40;

/** What the QR codes in a PDF document say, in the order in which they are drawn: as a phone would read them from paper. */
export function codesIn(pdf: Buffer): string[] {
  return contentsOf(pdf).flatMap(drawingsIn).map(read);
}

export function pagesIn(pdf: Buffer): number {
  return [...pdf.toString('latin1').matchAll(/\/Type \/Page\b(?!s)/g)].length;
}

/** The streams that draw something, inflated. */
function contentsOf(pdf: Buffer): string[] {
  const text = pdf.toString('latin1');
  return [...text.matchAll(/stream\r?\n/g)].flatMap((match) => {
    const start = match.index + match[0].length;
    if (text.slice(match.index - 3, match.index) === 'end') return [];
    const bytes = pdf.subarray(start, text.indexOf('endstream', start));
    try {
      const content = inflateSync(bytes).toString('latin1');
      return / re\b/.test(content) ? [content] : [];
    } catch {
      return []; // a font, or an image
    }
  });
}

/** Rectangles that are filled together. */
function drawingsIn(content: string): Rectangle[][] {
  return content.split(/\bf\b/).flatMap((part) => {
    const rectangles = [...part.matchAll(/(-?[\d.]+) (-?[\d.]+) ([\d.]+) ([\d.]+) re\b/g)].map(
      ([, x, y, width, height]) => ({
        ...{ x: Number(x), y: Number(y) },
        ...{ width: Number(width), height: Number(height) },
      }),
    );
    return rectangles.length > 50 ? [rectangles] : [];
  });
}

function read(rectangles: readonly Rectangle[]): string {
  const left = Math.min(...rectangles.map(({ x }) => x));
  const top = Math.min(...rectangles.map(({ y }) => y));
  const right = Math.max(...rectangles.map(({ x, width }) => x + width));
  const at = (points: number): number => Math.round(points * PIXELS_PER_POINT) + MARGIN_PIXELS;
  const size = at(right - left) + MARGIN_PIXELS;
  const pixels = new Uint8ClampedArray(size * size * 4).fill(255);
  for (const { x, y, width, height } of rectangles) {
    for (let row = at(y - top); row < at(y + height - top); row += 1) {
      const from = (row * size + at(x - left)) * 4;
      const to = (row * size + at(x + width - left)) * 4;
      for (let pixel = from; pixel < to; pixel += 4) pixels.fill(0, pixel, pixel + 3);
    }
  }
  return jsQR(pixels, size, size)?.data ?? 'unreadable';
}
