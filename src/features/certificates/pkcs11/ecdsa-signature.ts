/** ECDSA-Sig-Value in DER (RFC 3279 2.2.3) of the two halves that PKCS #11 puts one after the other. */
export function derSignature(halves: Buffer): Buffer {
  const middle = halves.length / 2;
  const parts = [integer(halves.subarray(0, middle)), integer(halves.subarray(middle))];
  return tagged(0x30, Buffer.concat(parts));
}

/** Positive and minimal (X.690 8.3.2). */
function integer(unsigned: Buffer): Buffer {
  const first = unsigned.findIndex((octet) => octet !== 0);
  const magnitude = unsigned.subarray(first === -1 ? unsigned.length - 1 : first);
  const isNegative = magnitude.readUInt8(0) >= 0x80;
  return tagged(0x02, isNegative ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude);
}

/** Shorter than 128 octets for the curves at hand. */
function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}
