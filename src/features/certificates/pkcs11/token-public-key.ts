import { createPublicKey } from 'node:crypto';
import { TAG, expectTag, parseDer } from '../x509/der.js';

/** OBJECT IDENTIFIER in DER, as CKA_EC_PARAMS wants it (RFC 5480 2.1.1.1). */
export const CURVE_PARAMETERS = {
  'P-256': Buffer.from('06082a8648ce3d030107', 'hex'),
  'P-384': Buffer.from('06052b81040022', 'hex'),
} as const;
export type Curve = keyof typeof CURVE_PARAMETERS;

/** Octets of one coordinate, and of each half of a signature. */
export const FIELD_OCTETS = { 'P-256': 32, 'P-384': 48 } as const satisfies Record<Curve, number>;

/** DER of the SubjectPublicKeyInfo. @param modulus and exponent as CKA_MODULUS and CKA_PUBLIC_EXPONENT give them */
export function rsaPublicKey(modulus: Buffer, exponent: Buffer): Buffer {
  return spkiOf({ kty: 'RSA', n: base64url(modulus), e: base64url(exponent) });
}

/**
 * DER of the SubjectPublicKeyInfo.
 * @param point CKA_EC_POINT: an uncompressed point in an OCTET STRING (PKCS #11 v3.0 section 2.3.3)
 * @throws DerError where it is something else
 */
export function ecPublicKey(curve: Curve, point: Buffer): Buffer {
  const { content } = expectTag(parseDer(point), TAG.OCTET_STRING);
  const octets = FIELD_OCTETS[curve];
  return spkiOf({
    kty: 'EC',
    crv: curve,
    x: base64url(content.subarray(1, 1 + octets)),
    y: base64url(content.subarray(1 + octets)),
  });
}

export function curveOf(parameters: Buffer): Curve | undefined {
  const curves = Object.keys(CURVE_PARAMETERS) as Curve[];
  return curves.find((curve) => CURVE_PARAMETERS[curve].equals(parameters));
}

function spkiOf(key: Readonly<Record<string, string>>): Buffer {
  return createPublicKey({ key, format: 'jwk' }).export({ format: 'der', type: 'spki' });
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}
