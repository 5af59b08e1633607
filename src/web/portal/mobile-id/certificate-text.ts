import { formatMoment } from '../../shared/dates.js';
import type { CertificateInDetail } from '../home/documents.js';

type Ended = Pick<CertificateInDetail, 'status' | 'revokedAt' | 'revocationReason'>;

/** Since when it is not good any more, or for the time being; undefined for one that is, or has run out. */
export function endText({ status, revokedAt, revocationReason }: Ended): string | undefined {
  if (status !== 'ON_HOLD' && status !== 'REVOKED') return undefined;
  const since = revokedAt === null ? '' : ` since ${formatMoment(revokedAt)}`;
  if (status === 'ON_HOLD') return `On hold${since}. It is good again when the mobile ID is.`;
  const why = isTold(revocationReason) ? ` (${revocationReason})` : '';
  return `Revoked${since}${why}.`;
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

/** RFC 5280 section 5.3.1: "unspecified" says nothing. */
function isTold(reason: string | null): reason is string {
  return reason !== null && reason !== 'unspecified';
}
