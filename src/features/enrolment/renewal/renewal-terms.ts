import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import {
  agreeTerms,
  profileOf,
  type CertificateTerms,
} from '../../certificates/profiles/certificate-profile.service.js';
import type { Project } from '../../projects/project.service.js';
import { isServerMade } from '../enrolment.service.js';
import { serverAlgorithms } from '../key-delivery.service.js';

export interface RenewalTerms {
  readonly terms: CertificateTerms;
  /** Of the one that is good for longest. */
  readonly validityDays: number;
  readonly archivesKeys: boolean;
}

/** One key that is due for a renewal. */
export interface RenewalKeyRequest {
  readonly kind: CertificateKind;
  readonly origin: 'DEVICE' | 'SERVER';
  /** The preferred one first. */
  readonly algorithms: readonly string[];
}

/**
 * What renewed certificates are, whoever asks for them in which way: as the project has them now, and never for longer than was
 * ordered.
 */
export function renewalTerms(
  { certificateProfiles, settings }: Pick<Project, 'certificateProfiles' | 'settings'>,
  kinds: readonly CertificateKind[],
  order: { readonly validityDays: number } | undefined,
): RenewalTerms {
  const project = Math.min(settings.validityDays, order?.validityDays ?? Infinity);
  const agreed = agreeTerms(certificateProfiles, kinds, { project, ordered: null });
  return { ...agreed, archivesKeys: settings.recoverEncryptionCertificates };
}

/** Same kinds as before, each with a new key. */
export function keyRequestsOf({
  kinds,
  terms,
  archivesKeys,
}: Pick<RenewalTerms, 'terms' | 'archivesKeys'> & {
  readonly kinds: readonly CertificateKind[];
}): RenewalKeyRequest[] {
  return kinds.map((kind) =>
    isServerMade({ archivesKeys }, kind)
      ? { kind, origin: 'SERVER', algorithms: serverAlgorithms(terms) }
      : { kind, origin: 'DEVICE', algorithms: profileOf(terms, kind).keyAlgorithms },
  );
}
