import type { RequestContext } from '../../../kernel/actor.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { ChangeScope, UnitOfWork } from '../../../platform/scope.js';
import { checkResponse, lastInstantOf } from './messages/response-checks.js';
import { readResponse, type SamlResponse } from './messages/response.js';
import { SamlRefusal } from './messages/saml-refusal.js';
import type {
  IdentityProvider,
  IdentityProviderService,
} from './providers/identity-provider.service.js';
import { outcomeOf, type SamlOutcome } from './saml-outcome.js';
import type { PendingRequest, RequestKey, SamlRequestService } from './saml-request.service.js';

/** A form that a browser posts on behalf of a provider. */
export interface PostedResponse {
  /** Base64, as it was posted. */
  readonly encoded: string;
  readonly browserToken: string | null;
  /** For an answer to nothing: by which the browser goes on. */
  readonly fresh: { readonly requestId: string; readonly browserToken: string };
  /** Where an answer to nothing wants to go. */
  readonly returnTo: string;
  /** Checks the signatures. @returns who and what they cover, in another reader's words */
  readonly verify: (
    pending: PendingRequest | null,
  ) => Promise<{ readonly nameId: string; readonly issuer: string }>;
}

/** What is known about an answer while it is looked at. */
interface Answer {
  readonly response: SamlResponse;
  /** What it answers; null where it answers nothing. */
  readonly pending: PendingRequest | null;
  readonly posted: PostedResponse;
}

/** The answers of providers. Each check has a test that it alone refuses. */
export class SamlAnswerService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly limits: RateLimits;
      readonly providers: IdentityProviderService;
      readonly requests: SamlRequestService;
    },
  ) {}

  /**
   * Takes a provider's answer. Nothing of it counts before every check has passed; then it waits for the browser, which may
   * show its session only to a same-site request.
   * @returns what the browser goes on with
   * @throws SamlRefusal; DomainError RATE_LIMITED
   */
  async take(
    request: RequestContext,
    provider: IdentityProvider,
    posted: PostedResponse,
  ): Promise<RequestKey> {
    const { limits, work } = this.ports;
    const address = addressKey(request.address);
    await limits.take('proof/address', address);
    const response = readResponse(posted.encoded);
    const pending = await this.pending(request, provider, { response, posted });
    await this.check(request, provider, { response, pending, posted });
    const outcome = outcomeOf(response, provider.attributes);
    const key = await work.change(request, (scope) =>
      this.keep(scope, provider, { response, pending, posted, outcome }),
    );
    await limits.giveBack('proof/address', address);
    return key;
  }

  private async pending(
    request: RequestContext,
    provider: IdentityProvider,
    { response, posted }: Omit<Answer, 'pending'>,
  ): Promise<PendingRequest | null> {
    const id = response.inResponseTo;
    if (id === null) return null;
    const { browserToken } = posted;
    if (browserToken === null) throw new SamlRefusal('UNKNOWN_REQUEST');
    const key = { id, providerId: provider.id, browserToken };
    const pending = await this.ports.requests.pending(
      this.ports.work.read(request),
      key,
      'SIGN_IN',
    );
    if (pending === undefined) throw new SamlRefusal('UNKNOWN_REQUEST');
    return pending;
  }

  private async check(
    request: RequestContext,
    provider: IdentityProvider,
    { response, pending, posted }: Answer,
  ): Promise<void> {
    const { metadataUrl, acsUrl } = this.ports.providers.urlsOf(provider);
    checkResponse(response, {
      issuer: provider.entityId,
      audience: metadataUrl,
      acsUrl,
      authenticationContext: provider.authenticationContext,
      acceptUnsolicited: provider.acceptUnsolicited,
      requestId: pending?.id ?? null,
      maxAgeSeconds: pending?.maxAgeSeconds ?? null,
      now: request.now,
    });
    const verified = await posted.verify(pending);
    const { nameId, issuer } = response.assertion;
    // Two readers of the same document must have read the same.
    if (verified.nameId !== nameId.value || verified.issuer !== issuer) {
      throw new SamlRefusal('SIGNATURE');
    }
  }

  private async keep(
    scope: ChangeScope,
    provider: IdentityProvider,
    { response, pending, posted, outcome }: Answer & { readonly outcome: SamlOutcome },
  ): Promise<RequestKey> {
    const { requests } = this.ports;
    const isFirst = await requests.accept(scope, {
      providerId: provider.id,
      messageId: response.assertion.id,
      requestId: pending?.id ?? null,
      until: lastInstantOf(response, scope.now),
    });
    if (!isFirst) throw new SamlRefusal('REPLAY');
    const { fresh, returnTo } = posted;
    const browserToken = (pending && posted.browserToken) ?? fresh.browserToken;
    const key = { id: pending?.id ?? fresh.requestId, providerId: provider.id, browserToken };
    if (pending === null) {
      const begun = {
        ...key,
        kind: 'SIGN_IN',
        userId: null,
        returnTo,
        maxAgeSeconds: null,
      } as const;
      await requests.begin(scope, begun);
    }
    if (!(await requests.answer(scope, key, outcome))) throw new SamlRefusal('REPLAY');
    return key;
  }
}
