import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { DomainError } from '../../../kernel/errors.js';
import type { ChangeScope } from '../../../platform/scope.js';
import type {
  FirstStatus,
  IssuanceService,
  KeyToCertify,
  ProvenRequest,
  StoredCertificate,
} from '../../certificates/issuance.service.js';
import {
  SERVER_ALGORITHMS,
  type KeyArchiveService,
  type ServerMadeKey,
} from '../../certificates/key-archive/key-archive.service.js';
import type { CertificateTerms } from '../../certificates/profiles/certificate-profile.service.js';
import type { HolderToCertify } from '../device/completion.service.js';
import { isServerMade } from '../enrolment.service.js';
import { pemOfRequest, refuseDoubleEncryption, type EstRequest } from './est-request.js';

/** The key that a request is about: the client's, or one made for it. */
export interface RequestedKey extends KeyToCertify {
  /** Null where the client has made it. */
  readonly made: ServerMadeKey | null;
}

/** Keys that are certified over EST: proven by the client, or made by the server where the project recovers them. */
export class EstKeyService {
  constructor(
    private readonly ports: {
      readonly issuance: IssuanceService;
      readonly keyArchive: KeyArchiveService;
    },
  ) {}

  /**
   * Before anything is made for it.
   * @param challenges what the request's challengePassword may say, if it carries one
   * @throws DomainError CSR_REJECTED with `reason`
   */
  async prove(
    request: EstRequest,
    wanted: {
      readonly kind: CertificateKind;
      /** Whether encryption keys are the server's to make, see `isServerMade`. */
      readonly archivesKeys: boolean;
      readonly terms: CertificateTerms;
      readonly challenges: readonly string[];
    },
  ): Promise<ProvenRequest> {
    const { kind, challenges, terms } = wanted;
    const { issuance } = this.ports;
    const csr = pemOfRequest(request.csr);
    const proven = await issuance.proveUnchallenged(kind, csr, challenges);
    refuseOtherOrigin(request, wanted);
    refuseDoubleEncryption(request);
    issuance.refuseForeignKeys(terms, [{ kind, keyAlgorithm: algorithmOf(request, proven) }]);
    return proven;
  }

  /** The client's own, or one like it: making that may take a while, so whoever gets none should have been refused before. */
  async keyFor(request: EstRequest, proven: ProvenRequest): Promise<RequestedKey> {
    if (request.keyOrigin === 'DEVICE') return { ...proven, origin: 'DEVICE', made: null };
    const made = await this.ports.keyArchive.make(algorithmLike(proven.keyAlgorithm));
    return { ...made, made };
  }

  /** Certifies it, and archives what the server has made, within the transaction of `scope`. */
  async certify(
    scope: ChangeScope,
    holder: HolderToCertify,
    key: RequestedKey,
    status: FirstStatus,
  ): Promise<StoredCertificate> {
    const [certificate] = await this.ports.issuance.issue(scope, holder, [key], status);
    if (certificate === undefined) throw new Error('Nothing was issued.');
    if (key.made !== null) await this.ports.keyArchive.archive(scope, key.made, holder.userId);
    return certificate;
  }
}

/** Only encryption keys are ever made by the server, and then all of them. */
function refuseOtherOrigin(
  { keyOrigin }: EstRequest,
  { kind, archivesKeys }: { readonly kind: CertificateKind; readonly archivesKeys: boolean },
): void {
  const wanted = isServerMade({ archivesKeys }, kind) ? 'SERVER' : 'DEVICE';
  if (keyOrigin !== wanted) {
    throw new DomainError('CSR_REJECTED', { reason: 'KEY_ORIGIN', kind, wanted });
  }
}

/** The client's request shows which type it would like: larger RSA keys than the server makes become the largest of those. */
export function algorithmLike(wished: string): (typeof SERVER_ALGORITHMS)[number] {
  const known = SERVER_ALGORITHMS.find((algorithm) => algorithm === wished);
  return known ?? (wished.startsWith('RSA-') ? 'RSA-3072' : 'P-256');
}

function algorithmOf(
  { keyOrigin }: EstRequest,
  { keyAlgorithm }: ProvenRequest,
): ProvenRequest['keyAlgorithm'] {
  return keyOrigin === 'DEVICE' ? keyAlgorithm : algorithmLike(keyAlgorithm);
}
