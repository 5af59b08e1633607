import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { DomainError } from '../../../kernel/errors.js';
import type { ProjectId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type {
  FirstStatus,
  IssuanceService,
  KeyToCertify,
  StoredCertificate,
} from '../../certificates/issuance.service.js';
import {
  SERVER_ALGORITHMS,
  type KeyArchiveService,
  type ServerMadeKey,
} from '../../certificates/key-archive/key-archive.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import type { UserToCertify } from '../completion.service.js';
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
      readonly projects: ProjectService;
      readonly keyArchive: KeyArchiveService;
    },
  ) {}

  /**
   * @param challenges what the request's challengePassword may say, if it carries one
   * @throws DomainError CSR_REJECTED with `reason`
   */
  async keyFor(
    scope: Scope,
    request: EstRequest,
    wanted: {
      readonly kind: CertificateKind;
      readonly projectId: ProjectId;
      readonly challenges: readonly string[];
    },
  ): Promise<RequestedKey> {
    const { kind, projectId, challenges } = wanted;
    const csr = pemOfRequest(request.csr);
    const proven = await this.ports.issuance.proveUnchallenged(kind, csr, challenges);
    await this.refuseOtherOrigin(scope, request, { kind, projectId });
    if (request.keyOrigin === 'DEVICE') return { ...proven, origin: 'DEVICE', made: null };
    refuseDoubleEncryption(request);
    const made = await this.ports.keyArchive.make(algorithmLike(proven.keyAlgorithm));
    return { ...made, made };
  }

  /** Certifies it, and archives what the server has made, within the transaction of `scope`. */
  async certify(
    scope: ChangeScope,
    holder: UserToCertify,
    key: RequestedKey,
    status: FirstStatus,
  ): Promise<StoredCertificate> {
    const [certificate] = await this.ports.issuance.issue(scope, holder, [key], status);
    if (certificate === undefined) throw new Error('Nothing was issued.');
    if (key.made !== null) await this.ports.keyArchive.archive(scope, key.made, holder.userId);
    return certificate;
  }

  /** Only encryption keys are ever made by the server, and then all of the project's. */
  private async refuseOtherOrigin(
    scope: Scope,
    { keyOrigin }: EstRequest,
    { kind, projectId }: { kind: CertificateKind; projectId: ProjectId },
  ): Promise<void> {
    const { settings } = await this.ports.projects.get(scope, projectId);
    const isServers = kind === 'ENCRYPTION' && settings.recoverEncryptionCertificates;
    const wanted = isServers ? 'SERVER' : 'DEVICE';
    if (keyOrigin !== wanted) {
      throw new DomainError('CSR_REJECTED', { reason: 'KEY_ORIGIN', kind, wanted });
    }
  }
}

/** The client's request shows which type it would like: larger RSA keys than the server makes become the largest of those. */
export function algorithmLike(wished: string): (typeof SERVER_ALGORITHMS)[number] {
  const known = SERVER_ALGORITHMS.find((algorithm) => algorithm === wished);
  return known ?? (wished.startsWith('RSA-') ? 'RSA-3072' : 'P-256');
}
