import { randomBytes } from 'node:crypto';

const SERIAL_OCTETS = 16;

/** Content octets of a positive INTEGER, minimal (X.690 8.3.2). */
export function serialFrom(random: Buffer): Buffer {
  const firstUsed = random.findIndex((octet) => octet !== 0);
  if (firstUsed === -1) throw new RangeError('A serial number is never zero.');
  const magnitude = random.subarray(firstUsed);
  return magnitude.readUInt8(0) < 0x80 ? magnitude : Buffer.concat([Buffer.of(0), magnitude]);
}

// RFC 5280 4.1.2.2
export function newSerial(): Buffer {
  return serialFrom(randomBytes(SERIAL_OCTETS));
}
