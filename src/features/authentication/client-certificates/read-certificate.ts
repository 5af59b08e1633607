import 'reflect-metadata'; // @peculiar/x509 asks for it before it is loaded
import { X509Certificate } from 'node:crypto';
import { X509Certificate as ExtensionReader } from '@peculiar/x509';
import { toBeSignedHash } from './to-be-signed.js';

/** Longer ones are not read: with RSA of 8192 bits and all that is usual, half of it is enough. */
const MAX_OCTETS = 8192;

/** A certificate that is parsed once by node:crypto, which verifies, and at most once for what that does not show. */
export class ReadCertificate {
  readonly toBeSignedHash: Buffer;
  private reader: ExtensionReader | undefined;

  constructor(readonly x509: X509Certificate) {
    this.toBeSignedHash = toBeSignedHash(x509.raw);
  }

  /** @throws Error where an extension only looks like one */
  get extended(): ExtensionReader {
    this.reader ??= new ExtensionReader(this.x509.raw);
    return this.reader;
  }
}

/** Exactly one certificate in DER: what Node would take as PEM, or with something behind it, is none. */
export function readCertificate(der: Buffer): ReadCertificate | undefined {
  if (der.length > MAX_OCTETS) return undefined;
  try {
    const x509 = new X509Certificate(der);
    return x509.raw.equals(der) ? new ReadCertificate(x509) : undefined;
  } catch {
    return undefined;
  }
}
