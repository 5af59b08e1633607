export const CERTIFICATE_STATUSES = ['VALID', 'ON_HOLD', 'REVOKED', 'EXPIRED'] as const;
export type CertificateStatus = (typeof CERTIFICATE_STATUSES)[number];

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
