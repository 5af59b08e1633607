import type { RevocationReason } from '../certificate-status.js';

/** CRLReason (RFC 5280 5.3.1). `unspecified` is never written: absent says the same. */
const CODES: Readonly<Record<Exclude<RevocationReason, 'unspecified'>, number>> = {
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
};
const BY_NAME = new Map<string, number>(Object.entries(CODES));

/** Undefined where nothing is to be said. */
export function reasonCodeOf(reason: string | null): number | undefined {
  return reason === null ? undefined : BY_NAME.get(reason);
}
