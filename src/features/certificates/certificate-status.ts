import { predecessorsIn, type Transitions } from '../../kernel/transitions.js';

export const CERTIFICATE_STATUSES = ['VALID', 'ON_HOLD', 'REVOKED', 'EXPIRED'] as const;
export type CertificateStatus = (typeof CERTIFICATE_STATUSES)[number];

/** The life of a certificate. What is REVOKED stays so past its end, for as long as anybody may ask. */
const NEXT: Transitions<CertificateStatus> = {
  VALID: ['ON_HOLD', 'REVOKED', 'EXPIRED'],
  ON_HOLD: ['VALID', 'REVOKED', 'EXPIRED'],
  REVOKED: [],
  EXPIRED: [],
};

/** All statuses from which `to` may follow. */
export function predecessorsOf(to: CertificateStatus): CertificateStatus[] {
  return predecessorsIn(NEXT, to);
}

/** Where the private key was made. */
export const KEY_ORIGINS = ['DEVICE', 'SERVER'] as const;
export type KeyOrigin = (typeof KEY_ORIGINS)[number];

/** RFC 5280 section 5.3.1, by its own names. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'cACompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'certificateHold'
  | 'privilegeWithdrawn';
