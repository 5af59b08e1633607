import type { Request } from 'express';
import ipaddr from 'ipaddr.js';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { OIDCProviderError } from 'oidc-provider/lib/helpers/errors.js';
import { Provider } from 'oidc-provider/lib/provider.js';
import type {
  ClientAuthenticationService,
  TokenAttempt,
} from '../../../features/api-clients/client-authentication.service.js';
import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';

const MAX_USER_AGENT = 256;

interface TokenRequest {
  readonly request: RequestContext;
  readonly attempt: TokenAttempt;
  isProven: boolean;
}

/** The token requests that are on their way, each counted once before anything is compared. */
export class TokenRequests {
  private readonly known = new WeakMap<KoaContextWithOIDC, TokenRequest>();

  constructor(
    private readonly authentication: ClientAuthenticationService,
    private readonly now: () => Promise<Date>,
  ) {}

  /** @throws OIDCProviderError 429 where there were too many */
  async begin(ctx: KoaContextWithOIDC, clientId: string): Promise<TokenAttempt> {
    const request = contextOf(ctx, await this.now());
    try {
      const attempt = await this.authentication.begin(request, clientId);
      this.known.set(ctx, { request, attempt, isProven: false });
      return attempt;
    } catch (problem) {
      throw problem instanceof DomainError ? tooMany(ctx, problem) : problem;
    }
  }

  of(ctx: KoaContextWithOIDC): TokenAttempt {
    const found = this.known.get(ctx);
    if (found === undefined) throw new Error('This request is not one for a token.');
    return found.attempt;
  }

  async secretMatches(ctx: KoaContextWithOIDC, secret: string): Promise<boolean> {
    const matches = await this.authentication.secretMatches(this.of(ctx), secret);
    if (matches) this.prove(ctx);
    return matches;
  }

  /** @returns false where the assertion was used before */
  async useAssertion(ctx: KoaContextWithOIDC, id: string, ttlSeconds: number): Promise<boolean> {
    const isNew = await this.authentication.useAssertion(id, ttlSeconds);
    if (isNew) this.prove(ctx);
    return isNew;
  }

  /** Gives the point back to who has proven to be the client, and remembers who has not. */
  async finish(ctx: KoaContextWithOIDC): Promise<void> {
    const found = this.known.get(ctx);
    if (found?.isProven === true) {
      await this.authentication.succeeded(found.request, found.attempt);
    } else if (found !== undefined) {
      await this.authentication.failed(found.request, found.attempt);
    }
  }

  private prove(ctx: KoaContextWithOIDC): void {
    const found = this.known.get(ctx);
    if (found !== undefined) found.isProven = true;
  }
}

/** For the library's helpers that are not given the request they are called for. */
export function currentRequest(): KoaContextWithOIDC {
  const { ctx } = Provider;
  if (ctx === undefined) throw new Error('There is no request on its way.');
  return ctx;
}

function contextOf({ req, res }: KoaContextWithOIDC, now: Date): RequestContext {
  const address = (req as Request).ip ?? '';
  return {
    actor: { kind: 'anonymous' },
    grants: {},
    requestId: String(res.getHeader('x-request-id')),
    address: ipaddr.isValid(address) ? ipaddr.process(address).toString() : address,
    userAgent: req.headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null,
    now,
    setSessionCookie: () => undefined,
  };
}

function tooMany(ctx: KoaContextWithOIDC, { facts }: DomainError): OIDCProviderError {
  const { retryAfterSeconds } = facts;
  if (typeof retryAfterSeconds === 'number') ctx.set('retry-after', String(retryAfterSeconds));
  const refusal = new OIDCProviderError(429, 'temporarily_unavailable');
  refusal.error_description = 'too many failed attempts, try again later';
  return refusal;
}
