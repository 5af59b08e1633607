import { randomBytes } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import type { RequestContext } from '../../../kernel/actor.js';
import { invalidInput } from '../../../kernel/errors.js';
import { randomToken } from '../../../kernel/secrets.js';
import { SamlRefusal } from '../../../features/authentication/saml/messages/saml-refusal.js';
import type { IdentityProvider } from '../../../features/authentication/saml/providers/identity-provider.service.js';
import type { SamlAnswerService } from '../../../features/authentication/saml/saml-answer.service.js';
import type { SamlKeyService } from '../../../features/authentication/saml/saml-key.service.js';
import { REQUEST_SECONDS } from '../../../features/authentication/saml/saml-request.service.js';
import type { SamlSignInService } from '../../../features/authentication/saml/saml-sign-in.service.js';
import type { SamlSignOutService } from '../../../features/authentication/saml/saml-sign-out.service.js';
import { isLocalPath } from '../../../features/authentication/sign-in-options.service.js';
import type { IdentityProviderService } from '../../../features/authentication/saml/providers/identity-provider.service.js';
import { BrowserCookie } from './browser-cookie.js';
import {
  contextOf,
  formOf,
  go,
  goToProblem,
  queryOf,
  requireNavigation,
  type ExchangeParts,
  type SessionUse,
} from './saml-exchange.js';
import { redirectToProvider, samlOf, verifyResponse, type SamlParts } from './saml-strategy.js';

interface SamlServices {
  readonly identityProviders: IdentityProviderService;
  readonly samlSignIn: SamlSignInService;
  readonly samlAnswers: SamlAnswerService;
  readonly samlSignOut: SamlSignOutService;
  readonly samlKeys: SamlKeyService;
}

export interface SamlRouterParts extends ExchangeParts {
  readonly services: SamlServices;
  readonly publicUrl: () => string;
}

/** One visit to one provider's paths. */
export interface Visit {
  readonly req: Request;
  readonly res: Response;
  readonly ctx: RequestContext;
  readonly provider: IdentityProvider;
  /** Of the browser, if it has one. */
  readonly browserToken: string | null;
}

export type Step = (visit: Visit) => Promise<void>;
type Handler = (req: Request<{ name: string }>, res: Response, next: NextFunction) => Promise<void>;

/** What stands under `/saml/NAME`, but for the sign-out. */
export class SamlPages {
  readonly browser: BrowserCookie;

  constructor(private readonly parts: SamlRouterParts) {
    this.browser = new BrowserCookie(parts.publicUrl, REQUEST_SECONDS);
  }

  /** What a step refuses is written down, and told by its code alone. */
  visit(use: SessionUse, step: Step): Handler {
    return async (req, res, next) => {
      try {
        const { samlSignIn } = this.parts.services;
        const ctx = await contextOf(this.parts, [req, res], use);
        const provider = await samlSignIn.provider(ctx, req.params.name);
        const browserToken = this.browser.read(req.headers.cookie);
        const visit: Visit = { req, res, ctx, provider, browserToken };
        await step(visit).catch(async (error: unknown) => {
          const problem = await samlSignIn.refused(ctx, provider, error);
          if (!res.headersSent) goToProblem(res, problem);
        });
      } catch (error) {
        next(error);
      }
    };
  }

  async metadata({ res, ctx, provider }: Visit): Promise<void> {
    const saml = await this.library(ctx, provider);
    const { certificate } = saml.key;
    const xml = samlOf(saml).generateServiceProviderMetadata(null, certificate);
    res.type('application/samlmetadata+xml').send(xml);
  }

  async signIn(visit: Visit): Promise<void> {
    const { req, res, ctx, provider } = visit;
    const { samlSignIn } = this.parts.services;
    requireNavigation(req);
    const browserToken = this.rememberBrowser(visit);
    const wish = { ...wishIn(visit), browserToken };
    const { isForced } = await samlSignIn.prepare(ctx, provider, wish);
    await redirectToProvider(await this.library(ctx, provider), res, {
      isForced,
      save: (id) => samlSignIn.begin(ctx, provider, { ...wish, id }),
    });
  }

  async acs({ req, res, ctx, provider, browserToken }: Visit): Promise<void> {
    const form = await formOf(req, res);
    const encoded = form.get('SAMLResponse');
    if (encoded === undefined) throw new SamlRefusal('MALFORMED');
    const library = await this.library(ctx, provider);
    const relayState = form.get('RelayState') ?? '/';
    const key = await this.parts.services.samlAnswers.take(ctx, provider, {
      encoded,
      browserToken,
      fresh: { requestId: `_${randomBytes(20).toString('hex')}`, browserToken: randomToken() },
      returnTo: isLocalPath(relayState) ? relayState : '/',
      verify: async (pending) => {
        const madeAt = (id: string): Date | undefined =>
          pending?.id === id ? pending.createdAt : undefined;
        const profile = await verifyResponse(library, encoded, madeAt).catch((cause: unknown) => {
          throw new SamlRefusal('SIGNATURE', { cause });
        });
        return { nameId: profile.nameID, issuer: profile.issuer };
      },
    });
    res.append('set-cookie', this.browser.write(key.browserToken));
    go(res, `/saml/${provider.name}/finish?request=${key.id}`);
  }

  async finish({ req, res, ctx, provider, browserToken }: Visit): Promise<void> {
    const id = new URLSearchParams(queryOf(req)).get('request');
    if (id === null || browserToken === null) throw new SamlRefusal('UNKNOWN_REQUEST');
    const key = { id, providerId: provider.id, browserToken };
    const { token, returnTo } = await this.parts.services.samlSignIn.finish(ctx, provider, key);
    ctx.setSessionCookie(token);
    go(res, returnTo);
  }

  async library(ctx: RequestContext, provider: IdentityProvider): Promise<SamlParts> {
    const { samlKeys, identityProviders } = this.parts.services;
    const key = await samlKeys.open(ctx);
    return { provider, key, urls: identityProviders.urlsOf(provider) };
  }

  /** One for all that a browser begins at the same time, in several windows. */
  rememberBrowser({ res, browserToken }: Visit): string {
    const token = browserToken ?? randomToken();
    res.append('set-cookie', this.browser.write(token));
    return token;
  }
}

/** @throws DomainError INVALID_INPUT */
function wishIn({ req }: Visit): { returnTo: string; maxAgeSeconds: number | null } {
  const query = new URLSearchParams(queryOf(req));
  const returnTo = query.get('returnTo') ?? '/';
  const maxAge = query.get('maxAge');
  if (!isLocalPath(returnTo)) throw invalidInput('returnTo', 'It must be a path of this server.');
  if (maxAge !== null && !/^\d{1,8}$/.test(maxAge)) {
    throw invalidInput('maxAge', 'It must be a number of seconds.');
  }
  return { returnTo, maxAgeSeconds: maxAge === null ? null : Number(maxAge) };
}
