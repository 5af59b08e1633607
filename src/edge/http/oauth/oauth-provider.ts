import type {
  ClientAuthMethod,
  Configuration,
  KoaContextWithOIDC,
  ResourceServer,
} from 'oidc-provider';
import {
  InvalidClientAuth,
  InvalidScope,
  InvalidTarget,
} from 'oidc-provider/lib/helpers/errors.js';
import { Provider } from 'oidc-provider/lib/provider.js';
import {
  ACCESS_TOKEN_SECONDS,
  GENERATION_CLAIM,
} from '../../../features/api-clients/access-token.service.js';
import { ASSERTION_ALGORITHMS } from '../../../features/api-clients/api-client.service.js';
import type { ClientAuthenticationService } from '../../../features/api-clients/client-authentication.service.js';
import type { SigningKey } from '../../../features/api-clients/signing-key.service.js';
import { API_SCOPES } from '../../../kernel/api-scopes.js';
import { systemClock } from '../../../kernel/clock.js';
import type { Logger } from '../../../platform/logger.js';
import { adapterFor } from './oauth-adapter.js';
import { currentRequest, TokenRequests } from './token-requests.js';

export const PATHS = {
  token: '/oauth/token',
  jwks: '/oauth/jwks',
  metadata: '/.well-known/oauth-authorization-server', // RFC 8414 section 3
} as const;

const METHODS: ClientAuthMethod[] = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
];
/** Clocks of clients go wrong by so much. */
const TOLERANCE_SECONDS = 30;
/** RFC 7523 section 3: an assertion that is good for unreasonably long may be refused. */
const MAX_ASSERTION_SECONDS = 300;
/** RFC 8414 section 2: what there is here. The library's own document speaks of OpenID Connect as well. */
const METADATA = [
  'issuer',
  'token_endpoint',
  'jwks_uri',
  'grant_types_supported',
  'response_types_supported',
  'token_endpoint_auth_methods_supported',
  'token_endpoint_auth_signing_alg_values_supported',
];
const OFF = { enabled: false } as const;

export interface OAuthParts {
  readonly publicUrl: string;
  /** Of access tokens: the API that they are for. */
  readonly audience: string;
  /** Newest first; that one signs. */
  readonly keys: readonly [SigningKey, ...SigningKey[]];
  readonly authentication: ClientAuthenticationService;
  readonly now: () => Promise<Date>;
  readonly log: Logger;
}

/** The authorization server for API clients: client credentials and JWT access tokens (RFC 9068), and nothing else. */
export function createOAuthProvider(parts: OAuthParts): Provider {
  const requests = new TokenRequests(parts.authentication, parts.now);
  const provider = new Provider(parts.publicUrl, configurationOf(parts, requests));
  provider.proxy = true; // scheme and host are those that the router has put there
  provider.Client.prototype.compareClientSecret = (actual: string) =>
    requests.secretMatches(currentRequest(), actual);
  const told = (ctx: KoaContextWithOIDC | undefined, error: Error): void => {
    const requestId = ctx?.res.getHeader('x-request-id');
    parts.log.error({ error, requestId }, 'unexpected error at the token endpoint');
  };
  provider.on('server_error', told);
  (provider as NodeJS.EventEmitter).on('error', (error: Error) => {
    told(undefined, error);
  });
  provider.use(async (context, next) => {
    const ctx = context as KoaContextWithOIDC;
    await next();
    if (ctx.path === PATHS.metadata) ctx.body = metadataIn(ctx.body as Record<string, unknown>);
    if (ctx.path !== PATHS.token) return;
    ctx.remove('access-control-allow-origin'); // secrets are nothing for pages of a browser
    await requests.finish(ctx);
  });
  return provider;
}

function configurationOf(parts: OAuthParts, requests: TokenRequests): Configuration {
  const [{ kid }] = parts.keys;
  return {
    adapter: (model: string) => adapterFor(model, requests),
    jwks: {
      keys: parts.keys.map(({ kid: name, privateKey }) => ({
        ...privateKey.export({ format: 'jwk' }),
        ...{ kid: name, alg: 'ES256', use: 'sig' },
      })),
    },
    routes: { token: PATHS.token, jwks: PATHS.jwks },
    clientAuthMethods: METHODS,
    enabledJWA: {
      clientAuthSigningAlgValues: [...ASSERTION_ALGORITHMS] as never,
      idTokenSigningAlgValues: ['ES256'],
    },
    clientDefaults: {
      grant_types: ['client_credentials'],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
      token_endpoint_auth_method: 'client_secret_basic',
    },
    responseTypes: [],
    scopes: [...API_SCOPES],
    claims: {},
    clockTolerance: TOLERANCE_SECONDS,
    ttl: { ClientCredentials: ACCESS_TOKEN_SECONDS },
    clientBasedCORS: () => false,
    assertJwtClientAuthClaimsAndHeader: refuseLongAssertions,
    extraTokenClaims: (ctx) => ({ [GENERATION_CLAIM]: requests.of(ctx).client?.generation }),
    renderError: (ctx, out) => {
      ctx.body = out; // as JSON, whatever the caller would accept: RFC 6749 section 5.2
    },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => parts.audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource) => apiFor(ctx, resource, { ...parts, kid }),
      },
      claimsParameter: OFF,
      devInteractions: OFF,
      dPoP: OFF,
      pushedAuthorizationRequests: OFF,
      rpInitiatedLogout: OFF,
      userinfo: OFF,
    },
  };
}

/** Our API, with the scopes that this client has. Without `scope` in the request it gets all of them (RFC 6749 section 3.3). */
function apiFor(
  ctx: KoaContextWithOIDC,
  resource: string,
  { audience, kid }: { audience: string; kid: string },
): ResourceServer {
  if (resource !== audience) throw new InvalidTarget(); // RFC 8707 section 2
  const granted = ctx.oidc.client?.scope ?? '';
  const asked = ctx.oidc.params?.['scope'];
  if (ctx.oidc.params !== undefined) ctx.oidc.params['scope'] = asked ?? granted;
  const isGranted = (scope: string): boolean => granted.split(' ').includes(scope);
  if (typeof asked === 'string' && !asked.split(' ').every(isGranted)) {
    throw new InvalidScope('requested scope is not allowed', '');
  }
  return {
    scope: granted,
    audience,
    accessTokenFormat: 'jwt',
    accessTokenTTL: ACCESS_TOKEN_SECONDS,
    jwt: { sign: { alg: 'ES256', kid } },
  };
}

function refuseLongAssertions(
  _ctx: KoaContextWithOIDC,
  { exp }: Readonly<Record<string, unknown>>,
): void {
  const latest = systemClock.now().getTime() / 1000 + MAX_ASSERTION_SECONDS + TOLERANCE_SECONDS;
  if (typeof exp !== 'number' || exp > latest) {
    throw new InvalidClientAuth('the assertion is good for too long');
  }
}

function metadataIn(all: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = METADATA.map((name) => [name, all[name]] as const);
  return { ...Object.fromEntries(known), scopes_supported: API_SCOPES };
}
