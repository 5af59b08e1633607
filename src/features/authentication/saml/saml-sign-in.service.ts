import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError, type ProblemCode } from '../../../kernel/errors.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { ChangeScope, UnitOfWork } from '../../../platform/scope.js';
import type { AccessService } from '../../access/access.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import { ACCOUNT_METHODS } from '../account-methods.js';
import type { ProofService, SignedIn } from '../proof.service.js';
import { SamlRefusal, type SamlProblem } from './messages/saml-refusal.js';
import type {
  IdentityProvider,
  IdentityProviderService,
} from './providers/identity-provider.service.js';
import { samlCredential, type Arrival, type SamlIdentityService } from './saml-identity.service.js';
import type { RequestKey, SamlRequestService } from './saml-request.service.js';
import type { SamlSessionService } from './saml-session.service.js';

/** How a browser wants to sign in at a provider. */
export interface SignInWish {
  /** A path of this server. */
  readonly returnTo: string;
  readonly maxAgeSeconds: number | null;
  readonly browserToken: string;
}

/** What a sign-in ends in that did not come to pass: codes of a closed set, which pages explain. */
export type SignInProblem = SamlProblem | 'USER_NOT_ACTIVE' | 'RATE_LIMITED' | 'FORBIDDEN';

/** The method SAML: from the redirect to a provider to the evidence in a session. */
export class SamlSignInService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly limits: RateLimits;
      readonly access: AccessService;
      readonly audit: AuditService;
      readonly proofs: ProofService;
      readonly providers: IdentityProviderService;
      readonly requests: SamlRequestService;
      readonly identities: SamlIdentityService;
      readonly names: SamlSessionService;
    },
  ) {}

  /** @throws DomainError NOT_FOUND for a provider that does not exist or is switched off */
  async provider(request: RequestContext, name: string): Promise<IdentityProvider> {
    const { work, providers } = this.ports;
    const provider = await providers.findEnabled(work.read(request), name);
    if (provider === undefined) throw new DomainError('NOT_FOUND');
    return provider;
  }

  /**
   * Whether the provider has to authenticate the person anew: a session of his there may be of any age, unless this session
   * has seen it young enough.
   * @throws DomainError FORBIDDEN, RATE_LIMITED
   */
  async prepare(
    request: RequestContext,
    provider: IdentityProvider,
    { maxAgeSeconds }: SignInWish,
  ): Promise<{ readonly isForced: boolean }> {
    const { work, limits, access } = this.ports;
    await access.require(work.read(request), '/sign-in');
    await limits.take('saml/begin', addressKey(request.address));
    const { actor } = request;
    const evidence = actor.kind === 'user' ? actor.evidence : [];
    const isYoung = evidence.some(
      ({ method, provider: at, at: when }) =>
        method === 'SAML' &&
        at === provider.name &&
        when.getTime() + (maxAgeSeconds ?? 0) * 1000 > request.now.getTime(),
    );
    return { isForced: maxAgeSeconds !== null && !isYoung };
  }

  /** Remembers that this browser has begun. */
  async begin(
    request: RequestContext,
    provider: IdentityProvider,
    wish: SignInWish & { readonly id: string },
  ): Promise<void> {
    const { actor } = request;
    await this.ports.requests.begin(this.ports.work.read(request), {
      ...wish,
      providerId: provider.id,
      kind: 'SIGN_IN',
      userId: actor.kind === 'user' ? actor.userId : null,
    });
  }

  /**
   * Ends the sign-in in the browser that began it: the evidence joins its session, or opens one.
   * @throws SamlRefusal; DomainError USER_NOT_ACTIVE, FORBIDDEN
   */
  async finish(
    request: RequestContext,
    provider: IdentityProvider,
    key: RequestKey,
  ): Promise<SignedIn & { readonly returnTo: string }> {
    const { work, requests, access, providers, limits } = this.ports;
    await access.require(work.read(request), '/sign-in');
    const maySetUpMethods = await this.maySetUpMethods(request);
    // In a transaction of its own: whatever follows, it is used up.
    const answered = await work.change(request, async (scope) => {
      await providers.hold(scope, provider);
      return requests.finish(scope, key);
    });
    if (answered === undefined) throw new SamlRefusal('UNKNOWN_REQUEST');
    const session = request.actor.kind === 'user' ? request.actor : null;
    if (answered.userId !== null && session !== null && session.userId !== answered.userId) {
      throw new SamlRefusal('OTHER_USER');
    }
    const signedIn = await work.change(request, async (scope) => {
      const { outcome } = answered;
      const user = await this.arrive(scope, { provider, session, outcome, maySetUpMethods });
      // Begun in a session that has ended since: still for the same user only.
      if (answered.userId !== null && answered.userId !== user.actor.userId) {
        throw new SamlRefusal('OTHER_USER');
      }
      return user;
    });
    await limits.giveBack('saml/begin', addressKey(request.address));
    return { ...signedIn, returnTo: answered.returnTo };
  }

  /** Writes the refusal into the audit log, and says what the browser may know. Bugs are thrown on. */
  async refused(
    request: RequestContext,
    provider: IdentityProvider,
    error: unknown,
  ): Promise<SignInProblem> {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    const { limits, audit, work } = this.ports;
    const { actor, address } = request;
    const caller = actor.kind === 'user' ? actor.userId : addressKey(address);
    if (await limits.tryTake('audit/refusals', caller)) {
      const reason = error instanceof SamlRefusal ? error.reason : problem;
      await audit.record(work.read(request), {
        action: 'session.sign-in',
        target: `identity-provider:${provider.id}`,
        detail: `SAML ${provider.name}: ${reason}`,
        outcome: 'REFUSED',
      });
    }
    return problem;
  }

  /** Judged before any transaction: whatever is proven here does not count for it. */
  private async maySetUpMethods(request: RequestContext): Promise<boolean> {
    if (request.actor.kind !== 'user') return false;
    const { work, access } = this.ports;
    const { outcome } = await access.decide(work.read(request), ACCOUNT_METHODS);
    return outcome === 'ALLOWED';
  }

  private async arrive(scope: ChangeScope, arrival: Arrival): Promise<SignedIn> {
    const { provider, outcome } = arrival;
    await this.ports.providers.hold(scope, provider);
    const user = await this.ports.identities.resolve(scope, arrival);
    const signedIn = await this.ports.proofs.signIn(scope, user.id, {
      method: 'SAML',
      provider: provider.name,
      credential: samlCredential(provider.id, outcome.subject),
      at: new Date(outcome.authenticatedAt),
    });
    await this.ports.names.remember(scope, signedIn.actor, arrival);
    return signedIn;
  }
}

const TOLD: Readonly<Partial<Record<ProblemCode, SignInProblem>>> = {
  USER_NOT_ACTIVE: 'USER_NOT_ACTIVE',
  RATE_LIMITED: 'RATE_LIMITED',
  FORBIDDEN: 'FORBIDDEN',
  /** The session ended on the way. */
  UNAUTHENTICATED: 'SAML_EXPIRED',
};

/** Undefined for what is no problem of a sign-in. */
function problemOf(error: unknown): SignInProblem | undefined {
  if (error instanceof SamlRefusal) return error.problem;
  return error instanceof DomainError ? TOLD[error.code] : undefined;
}
