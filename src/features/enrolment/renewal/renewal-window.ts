import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { DAY_MS } from '../../../kernel/durations.js';
import { DomainError } from '../../../kernel/errors.js';
import type { ProvisioningSettings } from '../../projects/project.service.js';

export interface Dated {
  readonly notBefore: Date;
  readonly notAfter: Date;
}
interface Standing extends Dated {
  readonly kind: CertificateKind;
  readonly status: string;
}
type Reminding = Pick<ProvisioningSettings, 'expiryReminderDays'>;

/** Where nobody is reminded. */
const UNREMINDED_DAYS = 60;

/** How many days before its end a certificate may be renewed at the earliest: with the first reminder. */
export function windowDays({ expiryReminderDays }: Reminding): number {
  return expiryReminderDays.length === 0 ? UNREMINDED_DAYS : Math.max(...expiryReminderDays);
}

/** From when on a certificate may be renewed; never in the first half of its life, however early reminders begin. */
export function renewableFrom({ notBefore, notAfter }: Dated, settings: Reminding): Date {
  const halfLife = (notAfter.getTime() - notBefore.getTime()) / 2;
  const window = Math.min(windowDays(settings) * DAY_MS, halfLife);
  return new Date(notAfter.getTime() - window);
}

/** Of each kind the one that is good for longest: while a renewal is under way there are two. */
export function presentOf<C extends Standing>(certificates: readonly C[], now: Date): C[] {
  const present = new Map<CertificateKind, C>();
  for (const certificate of certificates) {
    const { kind, status, notAfter } = certificate;
    if (status !== 'VALID' || notAfter <= now) continue;
    const rival = present.get(kind);
    if (rival === undefined || rival.notAfter < notAfter) present.set(kind, certificate);
  }
  return [...present.values()];
}

/** The one by whose key a mobile ID is renewed: keys for encryption sign nothing. */
export function provingOf<C extends Standing>(present: readonly C[]): C | undefined {
  const ofKind = (wanted: CertificateKind): C | undefined =>
    present.find(({ kind }) => kind === wanted);
  return ofKind('AUTHENTICATION') ?? ofKind('SIGNATURE');
}

/** @throws DomainError INVALID_TRANSITION where new certificates would not be good for longer than the present ones */
export function refuseWithoutGain(endsAt: Date, newEnd: Date): void {
  if (newEnd <= endsAt) throw new DomainError('INVALID_TRANSITION', { reason: 'NOTHING_GAINED' });
}

/** @throws DomainError INVALID_TRANSITION with `renewableFrom` */
export function refuseEarly(now: Date, from: Date): void {
  if (now < from) {
    throw new DomainError('INVALID_TRANSITION', { renewableFrom: from.toISOString() });
  }
}

/** When the first of them may be renewed, and all with it. */
export function earliest(dates: readonly Date[]): Date | undefined {
  return dates.length === 0
    ? undefined
    : new Date(Math.min(...dates.map((date) => date.getTime())));
}
