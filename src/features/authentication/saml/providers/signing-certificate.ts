import { X509Certificate } from 'node:crypto';
import type { Problem } from '../../../../kernel/field-problems.js';

const MIN_MODULUS_BITS = 2048;
const MAX_LENGTH = 16_384;

/** A certificate in PEM, or what is wrong with it. */
export type ReadCertificate =
  { readonly pem: string; readonly fingerprint: string } | { readonly problem: Problem };

/**
 * Takes PEM, or the base64 of metadata. Only the key in it counts: SAML knows it by having been told, so neither issuer nor
 * validity is looked at (SAML V2.0 Metadata Interoperability Profile 2.5.1).
 */
export function readSigningCertificate(text: string): ReadCertificate {
  const certificate = text.length > MAX_LENGTH ? undefined : parsed(text);
  if (certificate === undefined) {
    return { problem: 'It must be one X.509 certificate, in PEM or in base64.' };
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const bits = asymmetricKeyType === 'rsa' ? (asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits < MIN_MODULUS_BITS) {
    return { problem: `Its key must be RSA with at least ${String(MIN_MODULUS_BITS)} bits.` };
  }
  return { pem: certificate.toString(), fingerprint: certificate.fingerprint256 };
}

function parsed(text: string): X509Certificate | undefined {
  const base64 = text.replace(/-----(?:BEGIN|END) CERTIFICATE-----/g, '').replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}
