import type { RequestContext } from '../../../kernel/actor.js';
import { requireUser } from '../../../kernel/callers.js';
import { credentialOf } from '../../../kernel/certificate-credential.js';
import { DomainError } from '../../../kernel/errors.js';
import { parseId } from '../../../kernel/ids.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { ChangeScope, UnitOfWork } from '../../../platform/scope.js';
import type { AccessService } from '../../access/access.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { UserService } from '../../users/user.service.js';
import { ACCOUNT_METHODS } from '../account-methods.js';
import { credentialRemoved } from '../authentication.events.js';
import type { TrustedCertificate } from './client-certificate-checker.js';
import type { ClientCertificateId } from './client-certificate.entity.js';
import type {
  ClientCertificateService,
  RegisteredCertificate,
} from './client-certificate.service.js';

/** Beyond what one person could want. */
const MAX_CERTIFICATES = 20;

/** Which client certificates are whose: set up and taken away by their owners. */
export class ClientCertificateRegistrationService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly users: UserService;
      readonly access: AccessService;
      readonly clientCertificates: ClientCertificateService;
      readonly limits: RateLimits;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * Whether a certificate could be registered at all.
   * @throws DomainError UNAUTHENTICATED
   */
  isPossible(request: RequestContext): boolean {
    requireUser(request);
    return this.ports.clientCertificates.isOn;
  }

  /** @throws DomainError UNAUTHENTICATED */
  async list(request: RequestContext): Promise<RegisteredCertificate[]> {
    const { userId } = requireUser(request);
    const { work, clientCertificates } = this.ports;
    return clientCertificates.ofUser(work.read(request), userId);
  }

  /**
   * Registers the certificate that this connection shows; once more gives the same.
   * @throws DomainError UNAUTHENTICATED, RATE_LIMITED; INVALID_CREDENTIALS where none is shown that could be used; CONFLICT with
   * `reason` ISSUED_HERE for a mobile ID's own, TAKEN for another user's, LIMIT for one too many
   */
  async register(request: RequestContext): Promise<RegisteredCertificate> {
    const { userId } = requireUser(request);
    const { work, users, limits, clientCertificates, audit } = this.ports;
    const address = addressKey(request.address);
    await limits.refuseExhausted('proof/address', address);
    const certificate = clientCertificates.shown(request);
    if (certificate === undefined) {
      await limits.take('proof/address', address);
      throw new DomainError('INVALID_CREDENTIALS');
    }
    return work.change(request, async (scope) => {
      await users.getLocked(scope, userId); // so that not two are the last one
      const known = await this.refuseForeign(scope, certificate);
      if (known !== undefined) return known;
      const own = await clientCertificates.ofUser(scope, userId);
      if (own.length >= MAX_CERTIFICATES) throw new DomainError('CONFLICT', { reason: 'LIMIT' });
      const added = await clientCertificates.add(scope, userId, certificate);
      if (added === undefined) throw new DomainError('CONFLICT', { reason: 'TAKEN' });
      await audit.record(scope, {
        action: 'client-certificate.register',
        target: `client-certificate:${added.id}`,
        detail: added.fingerprint,
      });
      return added;
    });
  }

  /**
   * What was proven with it is taken back, and does not count for this call.
   * @throws DomainError UNAUTHENTICATED; NOT_FOUND where it is not the caller's own; what access to /account/methods is refused
   * with; CONFLICT where nobody could get in as administrator any more
   */
  async remove(request: RequestContext, text: string): Promise<void> {
    const { userId } = requireUser(request);
    const { work, users, access, clientCertificates, audit } = this.ports;
    const id = parseId<ClientCertificateId>(text);
    await work.change(request, async (scope) => {
      await users.getLocked(scope, userId);
      const own = await clientCertificates.ofUser(scope, userId);
      const certificate = own.find((each) => each.id === id);
      if (certificate === undefined) throw new DomainError('NOT_FOUND');
      const credential = credentialOf(certificate.fingerprint);
      await access.require(scope, ACCOUNT_METHODS, { excludedCredentials: [credential] });
      await clientCertificates.remove(scope, userId, certificate.id);
      await audit.record(scope, {
        action: 'client-certificate.remove',
        target: `client-certificate:${certificate.id}`,
        detail: certificate.fingerprint,
      });
      await scope.raise(credentialRemoved, { userId, method: 'CLIENT_CERTIFICATE', credential });
    });
  }

  private async refuseForeign(
    scope: ChangeScope,
    certificate: TrustedCertificate,
  ): Promise<RegisteredCertificate | undefined> {
    const { clientCertificates } = this.ports;
    const { isIssuedHere } = await clientCertificates.holderOf(scope, certificate);
    if (isIssuedHere) throw new DomainError('CONFLICT', { reason: 'ISSUED_HERE' });
    const known = await clientCertificates.find(scope, certificate);
    if (known === undefined || known.userId === requireUser(scope).userId) return known;
    throw new DomainError('CONFLICT', { reason: 'TAKEN' });
  }
}
