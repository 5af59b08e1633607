/** 3GPP TS 23.038 section 6.2.1: each character's place is its code; 0x1B leads to the extension table. */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001BÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const ESCAPE = 0x1b;
/** Section 6.2.1.1. */
const EXTENSION: Readonly<Record<string, number>> = {
  '\f': 0x0a,
  '^': 0x14,
  '{': 0x28,
  '}': 0x29,
  '\\': 0x2f,
  '[': 0x3c,
  '~': 0x3d,
  ']': 0x3e,
  '|': 0x40,
  '€': 0x65,
};
const CODES = new Map<string, readonly number[]>([
  ...Array.from(BASIC, (char, code) => [char, [code]] as const).filter(
    ([, [code]]) => code !== ESCAPE,
  ),
  ...Object.entries(EXTENSION).map(([char, code]) => [char, [ESCAPE, code]] as const),
]);

type SmsEncoding = 'GSM-7' | 'UCS-2';

/** How a text travels: each part is one message to be paid, at most 255 of them. */
export interface SmsParts {
  readonly encoding: SmsEncoding;
  /** GSM 7-bit one octet a septet, else UTF-16BE. */
  readonly parts: readonly Buffer[];
}

/** Octets of one part, alone and as one of several: 140 octets, less the six that say which part it is. */
const ROOM = {
  'GSM-7': { single: 160, several: 153 },
  'UCS-2': { single: 140, several: 134 },
} as const;

/** The text in as few parts as can be; no character is torn in two. */
export function partsOf(text: string): SmsParts {
  const units = Array.from(text, gsmUnit);
  const encoding = units.includes(undefined) ? 'UCS-2' : 'GSM-7';
  const octets = encoding === 'GSM-7' ? (units as Buffer[]) : Array.from(text, ucs2Unit);
  const { single, several } = ROOM[encoding];
  const whole = Buffer.concat(octets);
  if (whole.length <= single) return { encoding, parts: [whole] };
  return { encoding, parts: divide(octets, several) };
}

function gsmUnit(char: string): Buffer | undefined {
  const codes = CODES.get(char);
  return codes && Buffer.from(codes);
}

function ucs2Unit(char: string): Buffer {
  return Buffer.from(char, 'utf16le').swap16();
}

function divide(units: readonly Buffer[], room: number): Buffer[] {
  const parts: Buffer[][] = [[]];
  let used = 0;
  for (const unit of units) {
    if (used + unit.length > room) {
      parts.push([]);
      used = 0;
    }
    parts.at(-1)?.push(unit);
    used += unit.length;
  }
  return parts.map((part) => Buffer.concat(part));
}
