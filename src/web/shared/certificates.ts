export type CertificateKind = 'AUTHENTICATION' | 'SIGNATURE' | 'ENCRYPTION';
export type CertificateStatus = 'VALID' | 'ON_HOLD' | 'REVOKED' | 'EXPIRED';

interface KindText {
  readonly name: string;
  /** One plain sentence on what it is good for. */
  readonly purpose: string;
}

export const KIND_TEXT: Readonly<Record<CertificateKind, KindText>> = {
  AUTHENTICATION: { name: 'Authentication', purpose: 'Sign in without a password.' },
  SIGNATURE: { name: 'Signature', purpose: 'Sign documents in your name.' },
  ENCRYPTION: { name: 'Encryption', purpose: 'Read mail that was encrypted for you.' },
};

export const CERTIFICATE_STATUS_TEXT: Readonly<Record<CertificateStatus, string>> = {
  VALID: 'Valid',
  ON_HOLD: 'On hold',
  REVOKED: 'Revoked',
  EXPIRED: 'Expired',
};

/** A serial number in groups of four, so that two of them can be compared by eye. */
export function groupSerial(serialNumber: string): string {
  return serialNumber
    .replaceAll(':', '')
    .toUpperCase()
    .replaceAll(/(.{4})(?=.)/gu, '$1 ');
}
