import { createHash, X509Certificate } from 'node:crypto';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import { OID } from './object-identifiers.js';
import { type Validity, validityWithin } from './validity.js';
import { exactItemsOf, octetsOfBitString, parseDer, TAG } from './der.js';
import * as x509 from './certificate-encoder.js';
import { keyIdOf, type PublicKeyAlgorithm } from './key-checks.js';
import type { OcspSigner } from './ocsp-response.js';
import { newSerial } from './serial-number.js';
import { type Signer, signCertificate, signerFrom } from './signer.js';
import { type SigningKey, softwareKey } from './signing-key.js';

/** What a relying party that can read the authority's signatures can read as well (RFC 6960 4.4.7.2.2). */
export function ocspKeyAlgorithm(authority: PublicKeyAlgorithm): KeyAlgorithm {
  return authority === 'P-256' || authority === 'P-384' ? authority : 'RSA-2048';
}

/**
 * The certificate of a delegated responder, issued by the very key whose certificates it answers for (RFC 6960 4.2.2.2).
 * It names no place to check it: it is short-lived instead.
 */
export function ocspSignerCertificate(
  authority: Signer,
  order: { key: SigningKey; id: string; validity: Validity; authorityValidity: Validity },
): Promise<Buffer> {
  const { key, id, validity, authorityValidity } = order;
  return signCertificate(authority, newSerial(), {
    validity: validityWithin(authorityValidity, validity),
    subject: x509.encodeName([{ type: 'commonName', value: `Signet OCSP ${id.slice(0, 8)}` }]),
    spki: key.spki,
    extensions: [
      x509.keyUsage(['digitalSignature']),
      x509.extendedKeyUsage(OID.OCSP_SIGNING),
      x509.subjectKeyIdentifier(keyIdOf(parseDer(key.spki))),
      x509.ocspNoCheck(),
    ],
  });
}

/** @throws Error where key and certificate do not belong together */
export function openOcspSigner(certificateDer: Buffer, pkcs8: Buffer): OcspSigner {
  const certificate = new X509Certificate(certificateDer);
  const key = softwareKey(pkcs8);
  return {
    signer: signerFrom(certificate, key),
    certificateDer,
    keyHash: createHash('sha1').update(publicKeyBits(key.spki)).digest(),
    notAfter: new Date(certificate.validTo),
  };
}

/** Content of the BIT STRING of a SubjectPublicKeyInfo: what key hashes are made of (RFC 6960 4.1.1). */
export function publicKeyBits(spki: Buffer): Buffer {
  return octetsOfBitString(exactItemsOf(parseDer(spki), TAG.SEQUENCE, 2)[1]);
}
