import { isFinal, type EnrolmentStatus } from '../../shared/enrolment-timeline.js';
import type { Enrolment } from './documents.js';

type Replaced = NonNullable<Enrolment['replaces']>;

/** What becomes, or became, of the mobile ID that the order replaces; undefined while that is not known. */
export function replacementText(status: EnrolmentStatus, replaced: Replaced): string | undefined {
  const earlier = `Your earlier mobile ID on ${replaced.device.name}`;
  if (!isFinal(status)) {
    return replaced.state === 'INACTIVE'
      ? `${earlier} is revoked at the moment this one becomes active. Until then it stays suspended.`
      : `${earlier} is revoked at the moment this one becomes active. Until then it goes on working.`;
  }
  if (status === 'ACTIVE') return replacedText(earlier, replaced);
  return `${earlier} was not replaced. It stays as it is.`;
}

function replacedText(earlier: string, { state, certificates }: Replaced): string | undefined {
  if (state === 'EXPIRED') return `${earlier} had run out already.`;
  if (state !== 'REVOKED') return undefined;
  return certificates.some(
    ({ recovered, revocationReason }) => !recovered && revocationReason === 'superseded',
  )
    ? `${earlier} was revoked at the moment this one became active.`
    : `${earlier} had been revoked already.`;
}
