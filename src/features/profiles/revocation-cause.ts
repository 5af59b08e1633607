import type { RevocationReason } from '../certificates/certificate.service.js';

/** Why somebody revokes a mobile ID, as far as relying parties are told. */
export const REVOCATION_CAUSES = [
  'UNSPECIFIED',
  'KEY_COMPROMISE',
  'AFFILIATION_CHANGED',
  'SUPERSEDED',
  'CESSATION_OF_OPERATION',
  'PRIVILEGE_WITHDRAWN',
] as const;
export type RevocationCause = (typeof REVOCATION_CAUSES)[number];

/** RFC 5280 section 5.3.1. */
export const REASON_OF: Readonly<Record<RevocationCause, RevocationReason>> = {
  UNSPECIFIED: 'unspecified',
  KEY_COMPROMISE: 'keyCompromise',
  AFFILIATION_CHANGED: 'affiliationChanged',
  SUPERSEDED: 'superseded',
  CESSATION_OF_OPERATION: 'cessationOfOperation',
  PRIVILEGE_WITHDRAWN: 'privilegeWithdrawn',
};
