import { createHash } from 'node:crypto';

const SEQUENCE = 0x30;
const LONG_FORM = 0x80;

/**
 * SHA-256 of what the issuer has signed (tbsCertificate, RFC 5280 section 4.1.1.1). It names a certificate: of its DER there
 * can be several, as to an ECDSA signature (r, s) anybody finds the other, (r, n−s).
 * @param der of a certificate that has been read
 */
export function toBeSignedHash(der: Buffer): Buffer {
  const { content } = sequenceAt(der, 0);
  const { end } = sequenceAt(der, content);
  return createHash('sha256').update(der.subarray(content, end)).digest();
}

/** Where a SEQUENCE of definite length begins to hold something, and where it ends (X.690 section 8.1.3). */
function sequenceAt(der: Buffer, start: number): { content: number; end: number } {
  const first = der.readUInt8(start + 1);
  const octets = first < LONG_FORM ? 0 : first - LONG_FORM;
  const content = start + 2 + octets;
  const length = octets === 0 ? first : der.readUIntBE(start + 2, octets);
  const end = content + length;
  if (der[start] !== SEQUENCE || first === LONG_FORM || end > der.length) {
    throw new Error('Not a certificate in DER.');
  }
  return { content, end };
}
