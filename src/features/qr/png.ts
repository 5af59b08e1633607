import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const BIT_DEPTH = 1;
const GREYSCALE = 0;
const compress = promisify(deflate);

/**
 * A black-and-white PNG (ISO/IEC 15948) with one bit a pixel, from the lines that {@link pngLine} made. The usual encoders
 * work on four bytes a pixel, on the event loop: 300 ms for the largest QR code that a caller may ask for.
 */
export async function blackAndWhitePng(width: number, lines: readonly Buffer[]): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(lines.length, 4);
  header.writeUInt8(BIT_DEPTH, 8);
  header.writeUInt8(GREYSCALE, 9);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', await compress(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** One line of pixels: its filter type, 0 for none, then eight pixels a byte. */
export function pngLine(width: number, isLight: (column: number) => boolean): Buffer {
  const line = Buffer.alloc(1 + Math.ceil(width / 8));
  for (let column = 0; column < width; column += 1) {
    if (!isLight(column)) continue;
    const at = 1 + (column >> 3);
    line.writeUInt8(line.readUInt8(at) | (0x80 >> (column & 7)), at);
  }
  return line;
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(data.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}
