import { isAscii, isUtf8 } from 'node:buffer';

export const CSV_ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type CsvEncoding = (typeof CSV_ENCODINGS)[number];

const FIRST_BEYOND_ASCII = 0x80;
const LONGEST_MARK = 3;

/** The bytes are not of the encoding. `before`: the text up to there. */
export class UndecodableError extends Error {
  override readonly name = 'UndecodableError';

  constructor(
    readonly encoding: CsvEncoding,
    readonly before: string,
    options: ErrorOptions,
  ) {
    super(`The file is not ${encoding} throughout.`, options);
  }
}

/**
 * Bytes into text, as they come. Without a byte order mark and without word from the caller, a file is UTF-16 where one byte of its
 * first two is zero, UTF-8 where that is what its first other bytes than ASCII are, else windows-1252.
 */
export class CsvDecoder {
  private decoder: TextDecoder | undefined;
  private chosen: CsvEncoding | undefined;
  private held: Buffer = Buffer.alloc(0);
  private hasBegun = false;

  /** @param declared what the caller says that it is; a byte order mark knows better */
  constructor(private readonly declared?: CsvEncoding) {}

  /** What the file is taken for; ASCII is UTF-8. */
  get encoding(): CsvEncoding {
    return this.chosen ?? 'utf-8';
  }

  /** @throws UndecodableError */
  push(chunk: Uint8Array): string {
    return this.decode(chunk, false);
  }

  /** @throws UndecodableError */
  end(): string {
    return this.decode(Buffer.alloc(0), true);
  }

  private decode(chunk: Uint8Array, isLast: boolean): string {
    const bytes = this.held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.held, chunk]);
    this.held = Buffer.alloc(0);
    if (!this.hasBegun && bytes.length < LONGEST_MARK && !isLast) return this.hold(bytes);
    if (!this.hasBegun) this.begin(bytes);
    return this.decoder === undefined
      ? this.decodeUndecided(bytes, isLast)
      : this.decodeBy(this.decoder, bytes, isLast);
  }

  private begin(bytes: Buffer): void {
    this.hasBegun = true;
    const known = markedEncoding(bytes) ?? this.declared ?? wideEncoding(bytes);
    if (known !== undefined) this.choose(known);
  }

  /** ASCII so far. */
  private decodeUndecided(bytes: Buffer, isLast: boolean): string {
    if (isAscii(bytes)) return bytes.toString('latin1');
    const start = bytes.findIndex((byte) => byte >= FIRST_BEYOND_ASCII);
    const sequence = bytes.subarray(start, start + sequenceLength(bytes[start] ?? 0));
    if (sequence.length < sequenceLength(bytes[start] ?? 0) && !isLast) {
      this.hold(bytes.subarray(start));
      return bytes.toString('latin1', 0, start);
    }
    const decoder = this.choose(isUtf8(sequence) ? 'utf-8' : 'windows-1252');
    return this.decodeBy(decoder, bytes, isLast);
  }

  private decodeBy(decoder: TextDecoder, bytes: Buffer, isLast: boolean): string {
    try {
      return decoder.decode(bytes, { stream: !isLast });
    } catch (cause) {
      const lossy = new TextDecoder(this.encoding).decode(bytes);
      const before = lossy.slice(0, Math.max(0, lossy.indexOf('\uFFFD')));
      throw new UndecodableError(this.encoding, before, { cause });
    }
  }

  private choose(encoding: CsvEncoding): TextDecoder {
    this.chosen = encoding;
    this.decoder = new TextDecoder(encoding, { fatal: true });
    return this.decoder;
  }

  private hold(bytes: Buffer): string {
    this.held = Buffer.from(bytes);
    return '';
  }
}

function markedEncoding(bytes: Buffer): CsvEncoding | undefined {
  const start = bytes.subarray(0, LONGEST_MARK).toString('hex');
  if (start.startsWith('efbbbf')) return 'utf-8';
  if (start.startsWith('fffe')) return 'utf-16le';
  return start.startsWith('feff') ? 'utf-16be' : undefined;
}

/** A header begins with a letter, a quote or the like: in UTF-16 that is one byte beside a zero. */
function wideEncoding([first, second]: Buffer): CsvEncoding | undefined {
  if (first !== 0 && second === 0) return 'utf-16le';
  return first === 0 && second !== 0 && second !== undefined ? 'utf-16be' : undefined;
}

/** Of the UTF-8 sequence that such a byte begins (RFC 3629 section 3); 1 where it begins none. */
function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
