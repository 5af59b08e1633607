import type { CertificateKind } from '../../shared/certificates.js';
import type { LostContact } from '../step-up/ask-access.js';

export type DeliveryChannel = 'SCREEN' | 'EMAIL' | 'SMS';

/** What one has chosen to order. */
export interface OrderChoice {
  readonly certificates: readonly CertificateKind[];
  readonly channel: DeliveryChannel;
  readonly validityDays: number;
  /** What is lost together with the phone that is replaced: it proves nothing, and no code goes there. */
  readonly declaredLost: readonly LostContact[];
  /** Earlier encryption certificates that come along. */
  readonly recoverCertificateIds: readonly string[];
  /** One for each choice: the same order sent twice is one enrolment, a changed order is another. */
  readonly idempotencyKey: string;
}

export interface Orderable {
  readonly defaultCertificates: readonly CertificateKind[];
  readonly selectableCertificates: readonly CertificateKind[];
  readonly channels: readonly DeliveryChannel[];
  readonly validityDays: number;
  readonly recoverableCertificates: readonly { readonly id: string }[];
}

/** What a mobile ID that is replaced had. */
export interface Replaced {
  readonly certificates: readonly { readonly id: string; readonly kind: CertificateKind }[];
}

/**
 * What the offer proposes: its usual certificates, its first channel, its full length. For a mobile ID that is replaced, the
 * kinds that it had, as far as they are still offered, and its encryption certificates come along where they can.
 */
export function firstChoice(
  offer: Orderable,
  idempotencyKey: string,
  replaced: Replaced = { certificates: [] },
): OrderChoice {
  const { selectableCertificates, defaultCertificates, recoverableCertificates } = offer;
  const had = replaced.certificates.map(({ kind }) => kind);
  const asBefore = selectableCertificates.filter((kind) => had.includes(kind));
  const ids = replaced.certificates.map(({ id }) => id);
  return {
    certificates:
      asBefore.length > 0
        ? asBefore
        : selectableCertificates.filter((kind) => defaultCertificates.includes(kind)),
    channel: offer.channels[0] ?? 'SCREEN',
    validityDays: offer.validityDays,
    declaredLost: [],
    recoverCertificateIds: recoverableCertificates
      .map(({ id }) => id)
      .filter((id) => ids.includes(id)),
    idempotencyKey,
  };
}

const REACHES: Readonly<Record<DeliveryChannel, LostContact | undefined>> = {
  SCREEN: undefined,
  EMAIL: 'EMAIL',
  SMS: 'PHONE',
};

/** The ways that do not lead to what is lost. */
export function channelsLeft(
  channels: readonly DeliveryChannel[],
  lost: readonly LostContact[],
): readonly DeliveryChannel[] {
  return channels.filter((channel) => {
    const contact = REACHES[channel];
    return contact === undefined || !lost.includes(contact);
  });
}

/** What changes with what is lost: a code that would have gone there takes the first way that is left. */
export function withLost(
  { channel }: Pick<OrderChoice, 'channel'>,
  channels: readonly DeliveryChannel[],
  declaredLost: readonly LostContact[],
): Pick<OrderChoice, 'declaredLost' | 'channel'> {
  const left = channelsLeft(channels, declaredLost);
  return { declaredLost, channel: left.includes(channel) ? channel : (left[0] ?? channel) };
}

/** Whether everything is chosen that an order needs. */
export function isComplete(
  { certificates, channel, declaredLost }: OrderChoice,
  { channels }: Pick<Orderable, 'channels'>,
): boolean {
  return certificates.length > 0 && channelsLeft(channels, declaredLost).includes(channel);
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
