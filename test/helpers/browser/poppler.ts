import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';

const DOTS_PER_INCH = '150';

/** Part of a picture, from 0 at its left and top to 1. */
interface Part {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
const WHOLE: Part = { left: 0, top: 0, right: 1, bottom: 1 };

/** What the QR code in a picture, or in a part of it, says; undefined where a camera would find none. */
export function qrCodeIn(
  png: Buffer,
  { left, top, right, bottom }: Part = WHOLE,
): string | undefined {
  const whole = PNG.sync.read(png);
  const [x, y] = [Math.floor(left * whole.width), Math.floor(top * whole.height)];
  const width = Math.floor(right * whole.width) - x;
  const height = Math.floor(bottom * whole.height) - y;
  const part = new PNG({ width, height });
  PNG.bitblt(whole, part, x, y, width, height);
  return jsQR(new Uint8ClampedArray(part.data), width, height)?.data;
}

/** A PDF document as poppler reads it: what others than its maker see. */
export interface PrintedPdf {
  readonly pages: number;
  readonly title: string;
  readonly isTagged: boolean;
  readonly text: string;
  /** One picture of each page, as it would be printed. */
  readonly pictures: readonly Buffer[];
}

/** @throws Error where poppler-utils are not installed */
export function readPdf(pdf: Buffer): PrintedPdf {
  const folder = mkdtempSync(join(tmpdir(), 'signet-pdf-'));
  try {
    const file = join(folder, 'file.pdf');
    writeFileSync(file, pdf);
    const info = run('pdfinfo', [file]);
    const pages = Number(lineOf(info, 'Pages'));
    run('pdftoppm', ['-r', DOTS_PER_INCH, '-png', file, join(folder, 'page')]);
    const digits = String(pages).length;
    return {
      pages,
      title: lineOf(info, 'Title'),
      isTagged: lineOf(info, 'Tagged') === 'yes',
      text: run('pdftotext', ['-layout', file, '-']),
      pictures: Array.from({ length: pages }, (_, i) =>
        readFileSync(join(folder, `page-${String(i + 1).padStart(digits, '0')}.png`)),
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lineOf(info: string, name: string): string {
  return new RegExp(`^${name}: *(.*)$`, 'm').exec(info)?.[1]?.trim() ?? '';
}

function run(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (cause) {
    throw new Error(`${program} failed. Install the Debian package poppler-utils.`, { cause });
  }
}
