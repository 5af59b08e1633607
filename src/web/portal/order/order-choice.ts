import type { CertificateKind } from '../../shared/certificates.js';

export type DeliveryChannel = 'SCREEN' | 'EMAIL' | 'SMS';

/** What one has chosen to order. */
export interface OrderChoice {
  readonly certificates: readonly CertificateKind[];
  readonly channel: DeliveryChannel;
  readonly validityDays: number;
  /** One for each choice: the same order sent twice is one enrolment, a changed order is another. */
  readonly idempotencyKey: string;
}

interface Orderable {
  readonly defaultCertificates: readonly CertificateKind[];
  readonly selectableCertificates: readonly CertificateKind[];
  readonly channels: readonly DeliveryChannel[];
  readonly validityDays: number;
}

/** What the offer proposes: its usual certificates, its first channel, its full length. */
export function firstChoice(offer: Orderable, idempotencyKey: string): OrderChoice {
  return {
    certificates: offer.selectableCertificates.filter((kind) =>
      offer.defaultCertificates.includes(kind),
    ),
    channel: offer.channels[0] ?? 'SCREEN',
    validityDays: offer.validityDays,
    idempotencyKey,
  };
}

export interface Validity {
  readonly days: number;
  readonly label: string;
}

const USUAL: readonly Validity[] = [
  { days: 90, label: '3 months' },
  { days: 365, label: '1 year' },
  { days: 730, label: '2 years' },
  { days: 1095, label: '3 years' },
];

/** Usual lengths below the programme's own, and that one, which is the longest. */
export function validities(mostDays: number): readonly Validity[] {
  const longest = USUAL.find(({ days }) => days === mostDays) ?? {
    days: mostDays,
    label: mostDays === 1 ? '1 day' : `${String(mostDays)} days`,
  };
  return [...USUAL.filter(({ days }) => days < mostDays), longest];
}
