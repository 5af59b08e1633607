import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { DomainError } from '../../../kernel/errors.js';
import type { ProjectId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { KeyToCertify } from '../../certificates/certificate.service.js';
import type {
  SingleCertificate,
  SingleCertificateService,
} from '../../certificates/single-certificate.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import type { UserToCertify } from '../completion.service.js';
import { pemOfRequest, refuseDoubleEncryption, type EstRequest } from './est-request.js';
import { algorithmLike, type ServerMadeKey, type ServerMadeKeys } from './server-made-keys.js';

/** The key that a request is about: the client's, or one made for it. */
export interface RequestedKey extends KeyToCertify {
  /** Null where the client has made it. */
  readonly made: ServerMadeKey | null;
}

/** Keys that are certified over EST: proven by the client, or made by the server where the project recovers them. */
export class EstKeyService {
  constructor(
    private readonly ports: {
      readonly singles: SingleCertificateService;
      readonly projects: ProjectService;
      readonly serverMadeKeys: ServerMadeKeys;
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
    const { singles } = this.ports;
    const proven = await singles.prove(kind, pemOfRequest(request.csr), challenges);
    await this.refuseOtherOrigin(scope, request, { kind, projectId });
    if (request.keyOrigin === 'DEVICE') return { ...proven, origin: 'DEVICE', made: null };
    refuseDoubleEncryption(request);
    const made = await this.ports.serverMadeKeys.make(algorithmLike(proven.keyAlgorithm));
    return { ...made, made };
  }

  /** Certifies it, and archives what the server has made, within the transaction of `scope`. */
  async certify(
    scope: ChangeScope,
    holder: UserToCertify,
    key: RequestedKey,
    status: 'VALID' | 'ON_HOLD',
  ): Promise<SingleCertificate> {
    const certificate = await this.ports.singles.issue(scope, holder, key, status);
    if (key.made !== null) {
      await this.ports.serverMadeKeys.archive(scope, key.made, holder.userId);
    }
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
