import {
  SAML,
  Strategy,
  ValidateInResponseTo,
  type CacheProvider,
  type PassportSamlConfig,
  type Profile,
  type VerifiedCallback,
} from '@node-saml/passport-saml';
import type { Request, Response } from 'express';
import passport, { type Strategy as PassportStrategy } from 'passport';
import { CLOCK_SKEW_MS } from '../../../features/authentication/saml/messages/response-checks.js';
import { REQUEST_SECONDS } from '../../../features/authentication/saml/saml-request.service.js';
import type {
  IdentityProvider,
  ServiceUrls,
} from '../../../features/authentication/saml/providers/identity-provider.service.js';
import type { ServiceKey } from '../../../features/authentication/saml/saml-key.service.js';

/** Everything that the library has to know about one provider and about us. */
export interface SamlParts {
  readonly provider: IdentityProvider;
  readonly urls: ServiceUrls;
  readonly key: ServiceKey;
}

/** Requests that were begun; where they are kept is the caller's business. */
export interface RequestStore {
  /** Called with the id of each request that is made. */
  readonly save?: (id: string) => Promise<void>;
  /** When the request was made, if it may be answered now. */
  readonly madeAt?: (id: string) => Date | undefined;
}

/** Only Passport's `authenticate` is used: sessions are our own. */
const authenticator = new passport.Passport();

/** Sends the browser to the provider with a signed AuthnRequest. */
export function redirectToProvider(
  parts: SamlParts,
  res: Response,
  wish: { readonly isForced: boolean; readonly save: (id: string) => Promise<void> },
): Promise<void> {
  const config = { ...configOf(parts, { save: wish.save }), forceAuthn: wish.isForced };
  return new Promise((resolve, reject) => {
    res.once('finish', resolve);
    res.once('close', resolve);
    run(config, { body: undefined, res }, reject);
  });
}

/** Checks the signatures of a posted response, and all that the library checks beside them. @throws Error where one fails */
export function verifyResponse(
  parts: SamlParts,
  encoded: string,
  madeAt: RequestStore['madeAt'],
): Promise<Profile> {
  const config = configOf(parts, { ...(madeAt && { madeAt }) });
  return new Promise((resolve, reject) => {
    run(config, { body: { SAMLResponse: encoded }, res: undefined }, reject, resolve);
  });
}

/** For metadata and for logout messages, which are no business of Passport's. */
export function samlOf(parts: SamlParts, store: RequestStore = {}): SAML {
  return new SAML({
    ...configOf(parts, store),
    validateInResponseTo: ValidateInResponseTo.never, // answers to logout requests are looked up by the service
  });
}

/**
 * Passport sees a request with nothing in it but what it is to look at: the strategy also takes messages from query strings,
 * and unsigned ones there.
 */
function run(
  config: PassportSamlConfig,
  { body, res }: { body: Record<string, string> | undefined; res: Response | undefined },
  reject: (error: unknown) => void,
  resolve?: (profile: Profile) => void,
): void {
  const seen = { headers: {}, query: {}, body } as unknown as Request;
  const strategy = new Strategy(
    config,
    (profile: Profile | null, done: VerifiedCallback) => {
      done(null, profile ?? undefined);
    },
    (_profile: Profile | null, done: VerifiedCallback) => {
      done(new Error('A logout message is no sign-in.'));
    },
  );
  const authenticate = authenticator.authenticate(
    strategy as unknown as PassportStrategy, // the library brings typings of an older Express
    { session: false },
    (error: unknown, profile: unknown) => {
      if (error === null && isProfile(profile)) resolve?.(profile);
      else reject(error ?? new Error('The provider has named nobody.'));
    },
  ) as (req: Request, res: Response | undefined, next: (error?: unknown) => void) => void;
  authenticate(seen, res, (error) => {
    reject(error ?? new Error('This is no sign-in.'));
  });
}

function isProfile(profile: unknown): profile is Profile {
  return typeof profile === 'object' && profile !== null && 'nameID' in profile;
}

function configOf({ provider, urls, key }: SamlParts, store: RequestStore): PassportSamlConfig {
  const { authenticationContext: context } = provider;
  return {
    issuer: urls.metadataUrl,
    audience: urls.metadataUrl,
    callbackUrl: urls.acsUrl,
    logoutCallbackUrl: urls.signOutUrl,
    entryPoint: provider.signInUrl,
    logoutUrl: provider.signOutUrl ?? provider.signInUrl,
    idpIssuer: provider.entityId,
    idpCert: [...provider.certificates],
    privateKey: key.privateKey,
    publicCert: key.certificate,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    signMetadata: true,
    identifierFormat: null,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
    acceptedClockSkewMs: CLOCK_SKEW_MS,
    requestIdExpirationPeriodMs: REQUEST_SECONDS * 1000,
    validateInResponseTo: provider.acceptUnsolicited
      ? ValidateInResponseTo.ifPresent
      : ValidateInResponseTo.always,
    cacheProvider: cacheOn(store),
    disableRequestedAuthnContext: context === null,
    ...(context === null ? {} : { authnContext: [context], racComparison: 'exact' }),
  };
}

/** The library's cache is our table. It must not use requests up: that is done with the one insert of the answer. */
function cacheOn({ save, madeAt }: RequestStore): CacheProvider {
  return {
    saveAsync: async (id) => {
      await save?.(id);
      return null;
    },
    getAsync: (id) => Promise.resolve(madeAt?.(id)?.toISOString() ?? null),
    removeAsync: () => Promise.resolve(null),
  };
}
