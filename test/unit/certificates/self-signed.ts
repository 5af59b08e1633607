import { X509Certificate } from 'node:crypto';
import type { Openssl } from './openssl';

const P_256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

export interface SelfSigned {
  readonly pem: string;
  readonly der: Buffer;
}

/** A certificate that its own key has signed; `key.pem` is that key, until the next one is made. */
export function selfSigned(
  openssl: Openssl,
  subject: string,
  newKey: readonly string[] = P_256,
): SelfSigned {
  return made(openssl, subject, ['-nodes', '-keyout', 'key.pem', ...newKey]);
}

/** Another one of the same key. */
export function selfSignedAgain(openssl: Openssl, subject: string): SelfSigned {
  return made(openssl, subject, ['-key', 'key.pem']);
}

function made(openssl: Openssl, subject: string, key: readonly string[]): SelfSigned {
  const pem = openssl.print('req', '-x509', '-subj', subject, '-days', '2', ...key);
  return { pem, der: new X509Certificate(pem).raw };
}
