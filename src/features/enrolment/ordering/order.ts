import { CERTIFICATE_KINDS, type CertificateKind } from '../../../kernel/certificate-kind.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import { sha256 } from '../../../kernel/secrets.js';
import { isStorable } from '../../../kernel/text.js';
import type { NamedCredentials } from '../../access/access.service.js';
import type { DeliveryChannel, Project } from '../../projects/project.service.js';
import type { User } from '../../users/user.service.js';
import { isLost, replacementDigest } from './replacement.service.js';

const MAX_KEY_CHARACTERS = 200;

/** What a caller may say of an order; the project's settings fill in the rest. */
export interface Order extends NamedCredentials {
  readonly projectId?: string | null;
  readonly certificates?: readonly CertificateKind[] | null;
  readonly channel?: DeliveryChannel | null;
  readonly validityDays?: number | null;
  readonly idempotencyKey?: string | null;
  /** Its code goes on paper, and can be scanned for as long as one in a mail. */
  readonly isPrinted?: boolean;
}

/** @throws DomainError CERTIFICATE_NOT_SELECTABLE, INVALID_INPUT */
export function certificatesOf({ settings }: Project, order: Order): CertificateKind[] {
  const wanted = order.certificates ?? settings.defaultCertificates;
  if (wanted.length === 0) throw invalidInput('input.certificates', 'Choose at least one.');
  if (new Set(wanted).size < wanted.length) {
    throw invalidInput('input.certificates', 'Name each kind once.');
  }
  const refused = wanted.filter((kind) => !settings.selectableCertificates.includes(kind));
  if (refused.length > 0) {
    throw new DomainError('CERTIFICATE_NOT_SELECTABLE', { certificates: refused });
  }
  return CERTIFICATE_KINDS.filter((kind) => wanted.includes(kind));
}

/** @throws DomainError CHANNEL_NOT_AVAILABLE */
export function channelOf(
  { settings }: Project,
  user: User,
  order: Order,
  sendsSms: boolean,
): DeliveryChannel {
  const channel = order.channel ?? settings.channels[0];
  const isPossible: Readonly<Record<DeliveryChannel, boolean>> = {
    SCREEN: true,
    EMAIL: user.email !== null,
    SMS: sendsSms && user.phone !== null,
  };
  const isUsable = channel !== undefined && isPossible[channel] && !isLost(channel, order);
  if (!isUsable || !settings.channels.includes(channel)) {
    throw new DomainError('CHANNEL_NOT_AVAILABLE', { channel: channel ?? null });
  }
  return channel;
}

/** @throws DomainError INVALID_INPUT */
export function validityOf({ settings }: Project, order: Order): number | null {
  const days = order.validityDays ?? null;
  if (days === null) return null;
  if (days < 1 || days > settings.validityDays) {
    throw invalidInput(
      'input.validityDays',
      `It must be from 1 to ${String(settings.validityDays)}.`,
    );
  }
  return days;
}

/** Null for none. @throws DomainError INVALID_INPUT */
export function idempotencyKeyOf({
  idempotencyKey: key = null,
}: Pick<Order, 'idempotencyKey'>): string | null {
  if (key === null) return null;
  if (key.length > 0 && key.length <= MAX_KEY_CHARACTERS && isStorable(key)) return key;
  throw invalidInput(
    'input.idempotencyKey',
    `It must have 1 to ${String(MAX_KEY_CHARACTERS)} characters.`,
  );
}

/** Of all that makes one order the same as another. */
export function digestOf(user: User, project: Project, order: Order): Buffer {
  const { certificates, channel, validityDays, recoverCertificateIds } = order;
  return sha256(
    JSON.stringify([
      user.id,
      project.id,
      certificates ? [...certificates].sort() : null,
      channel ?? null,
      validityDays ?? null,
      ...replacementDigest(order),
      ...(recoverCertificateIds ? [{ recovered: [...recoverCertificateIds].sort() }] : []),
    ]),
  );
}
