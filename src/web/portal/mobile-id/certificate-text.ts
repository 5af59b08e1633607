import { formatMoment } from '../../shared/dates.js';
import type { CertificateInDetail, Profile } from '../home/documents.js';
import { isOver } from './mobile-id-moves.js';
import { reasonText } from './mobile-id-text.js';

/** Its own; of a mobile ID that was renewed not those that newer ones took the place of. */
export function presentCertificates(
  profile: Pick<Profile, 'state' | 'certificates'>,
): Profile['certificates'] {
  return profile.certificates.filter(
    ({ recovered, revocationReason }) =>
      !recovered && (isOver(profile) || revocationReason !== 'superseded'),
  );
}

type Ended = Pick<CertificateInDetail, 'status' | 'revokedAt' | 'revocationReason'>;

/** Since when it is not good any more, or for the time being; undefined for one that is, or has run out. */
export function endText({ status, revokedAt, revocationReason }: Ended): string | undefined {
  if (status !== 'ON_HOLD' && status !== 'REVOKED') return undefined;
  const since = revokedAt === null ? '' : ` since ${formatMoment(revokedAt)}`;
  if (status === 'ON_HOLD') return `On hold${since}. It is good again when the mobile ID is.`;
  const why = reasonText(revocationReason, 'certificate');
  return `Revoked${since}${why === undefined ? '' : `: ${why}`}.`;
}

interface File {
  readonly name: string;
  readonly url: string;
}

/** The certificate as a file; its serial number tells it from the others. */
export function pemFileOf({
  kind,
  serialNumber,
  pem,
}: Pick<CertificateInDetail, 'kind' | 'serialNumber' | 'pem'>): File {
  return {
    name: `${kind.toLowerCase()}-${serialNumber.replaceAll(':', '').toLowerCase()}.pem`,
    url: `data:application/x-pem-file;charset=us-ascii,${encodeURIComponent(pem)}`,
  };
}
