import { randomBytes } from 'node:crypto';

const SERIAL_OCTETS = 16;
/** Asking the system for each one would cost a fifth of what a certificate costs beside its signature. */
const SERIALS_DRAWN_AT_ONCE = 256;
let drawn = Buffer.alloc(0);
let used = 0;

/** Content octets of a positive INTEGER, minimal (X.690 8.3.2). */
export function serialFrom(random: Buffer): Buffer {
  const firstUsed = random.findIndex((octet) => octet !== 0);
  if (firstUsed === -1) throw new RangeError('A serial number is never zero.');
  const magnitude = random.subarray(firstUsed);
  return magnitude.readUInt8(0) < 0x80 ? magnitude : Buffer.concat([Buffer.of(0), magnitude]);
}

// RFC 5280 4.1.2.2
export function newSerial(): Buffer {
  if (used === drawn.length) {
    drawn = randomBytes(SERIALS_DRAWN_AT_ONCE * SERIAL_OCTETS);
    used = 0;
  }
  const random = drawn.subarray(used, used + SERIAL_OCTETS);
  used += SERIAL_OCTETS;
  return serialFrom(random);
}
