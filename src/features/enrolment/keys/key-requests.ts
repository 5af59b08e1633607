import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import {
  profileOf,
  type CertificateTerms,
} from '../../certificates/profiles/certificate-profile.service.js';
import { isServerMade } from '../enrolment.service.js';
import { serverAlgorithms } from './key-delivery.service.js';

/** One key that a phone is asked for, or that comes from the server. */
export interface KeyRequest {
  readonly kind: CertificateKind;
  readonly origin: 'DEVICE' | 'SERVER';
  /** The preferred one first. */
  readonly algorithms: readonly string[];
}

/** One for each kind, with a new key. */
export function keyRequestsOf({
  kinds,
  terms,
  archivesKeys,
}: {
  readonly kinds: readonly CertificateKind[];
  readonly terms: CertificateTerms;
  readonly archivesKeys: boolean;
}): KeyRequest[] {
  return kinds.map((kind) =>
    isServerMade({ archivesKeys }, kind)
      ? { kind, origin: 'SERVER', algorithms: serverAlgorithms(terms) }
      : { kind, origin: 'DEVICE', algorithms: profileOf(terms, kind).keyAlgorithms },
  );
}
