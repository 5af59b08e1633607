import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import type { UserId } from '../../../kernel/ids.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { UserService } from '../../users/user.service.js';
import type { AttemptService } from '../attempt.service.js';
import type { ProofService, SignedIn } from '../proof.service.js';
import type { TrustedCertificate } from './client-certificate-checker.js';
import type { ClientCertificateService } from './client-certificate.service.js';

/** The method CLIENT_CERTIFICATE: the certificate that the caller's own connection shows. */
export class ClientCertificateSignInService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly users: UserService;
      readonly clientCertificates: ClientCertificateService;
      readonly limits: RateLimits;
      readonly attempts: AttemptService;
      readonly proofs: ProofService;
    },
  ) {}

  /**
   * Opens a session, or strengthens the one of the same user. In a session of somebody else it is refused: browsers show
   * certificates by themselves, and nobody is to become another user without having asked for it. No certificate, one of a
   * stranger and one that is no longer good look alike.
   * @throws DomainError INVALID_CREDENTIALS, RATE_LIMITED, or USER_NOT_ACTIVE to who has proven himself
   */
  async signIn(request: RequestContext): Promise<SignedIn> {
    const { limits } = this.ports;
    const address = addressKey(request.address);
    await limits.refuseExhausted('proof/address', address);
    const found = await this.holder(request);
    if (found === undefined) {
      await limits.take('proof/address', address);
      throw new DomainError('INVALID_CREDENTIALS');
    }
    return this.prove(request, found.userId, found.certificate);
  }

  private async prove(
    request: RequestContext,
    userId: UserId,
    certificate: TrustedCertificate,
  ): Promise<SignedIn> {
    const { work, users, attempts, proofs, clientCertificates } = this.ports;
    const { actor } = request;
    const attempt = await attempts.count('CLIENT_CERTIFICATE', userId);
    if (actor.kind === 'user' && actor.userId !== userId) {
      throw new DomainError('INVALID_CREDENTIALS');
    }
    const { state } = await users.get(work.read(request), userId);
    await attempts.succeeded(attempt);
    if (state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    return work.change(request, async (scope) => {
      await proofs.hold(scope, userId);
      const credential = await clientCertificates.hold(scope, userId, certificate);
      if (credential === undefined) throw new DomainError('INVALID_CREDENTIALS');
      return proofs.signIn(scope, userId, {
        method: 'CLIENT_CERTIFICATE',
        provider: null,
        credential,
      });
    });
  }

  private async holder(
    request: RequestContext,
  ): Promise<{ userId: UserId; certificate: TrustedCertificate } | undefined> {
    const { work, clientCertificates } = this.ports;
    const certificate = clientCertificates.shown(request);
    if (certificate === undefined) return undefined;
    const { userId } = await clientCertificates.holderOf(work.read(request), certificate);
    return userId === null ? undefined : { userId, certificate };
  }
}
