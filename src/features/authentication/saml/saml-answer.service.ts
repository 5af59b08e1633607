import type { RequestContext } from '../../../kernel/actor.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { ChangeScope, UnitOfWork } from '../../../platform/scope.js';
import { checkResponse, lastInstantOf } from './messages/response-checks.js';
import { answeredBy, readResponse, type SamlResponse } from './messages/response.js';
import { SamlRefusal } from './messages/saml-refusal.js';
import { decodeBase64, decodeUtf8, requirePlain } from './messages/xml.js';
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

/** Answers to one request that are looked at: a provider gives one, and a person may try again. */
const MAX_ANSWERS = 3;

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
   * show its session only to a same-site request. Whoever cannot have been sent here is turned away before anything is counted
   * or costs: any site may post this form, from any browser.
   * @returns what the browser goes on with
   * @throws SamlRefusal; DomainError RATE_LIMITED
   */
  async take(
    request: RequestContext,
    provider: IdentityProvider,
    posted: PostedResponse,
  ): Promise<RequestKey> {
    const { limits, work } = this.ports;
    const text = decodeUtf8(decodeBase64(posted.encoded));
    requirePlain(text);
    const pending = await this.pending(request, provider, {
      requestId: answeredBy(text),
      browserToken: posted.browserToken,
    });
    const response = readResponse(text, provider.certificates);
    if (pending === null)
      await limits.take('saml/signature', `${provider.id} ${response.signature}`);
    await this.check(request, provider, { response, pending, posted });
    const outcome = outcomeOf(response, provider.attributes);
    return work.change(request, (scope) =>
      this.keep(scope, provider, { response, pending, posted, outcome }),
    );
  }

  private async pending(
    request: RequestContext,
    provider: IdentityProvider,
    answer: { readonly requestId: string | null; readonly browserToken: string | null },
  ): Promise<PendingRequest | null> {
    const { requestId: id, browserToken } = answer;
    if (id === null) {
      if (!provider.acceptUnsolicited) throw new SamlRefusal('UNSOLICITED');
      return null;
    }
    if (browserToken === null) throw new SamlRefusal('UNKNOWN_REQUEST');
    const key = { id, providerId: provider.id, browserToken };
    const pending = await this.ports.requests.pending(this.ports.work.read(request), key);
    if (pending === undefined) throw new SamlRefusal('UNKNOWN_REQUEST');
    if (pending.isAnswered) throw new SamlRefusal('REPLAY');
    if (pending.answers > MAX_ANSWERS) throw new SamlRefusal('TOO_MANY_ANSWERS');
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
    const { requests, providers } = this.ports;
    await providers.hold(scope, provider);
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
