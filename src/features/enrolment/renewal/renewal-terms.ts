import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import {
  agreeTerms,
  type CertificateTerms,
} from '../../certificates/profiles/certificate-profile.service.js';
import type { Project } from '../../projects/project.service.js';

export interface RenewalTerms {
  readonly terms: CertificateTerms;
  /** Of the one that is good for longest. */
  readonly validityDays: number;
  readonly archivesKeys: boolean;
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
