import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Sql } from '../../platform/scope.js';
import type { ClientToken } from './api-client.js';
import type { SigningKeyService } from './signing-key.service.js';

export type { ClientToken };

/** Seconds for which an access token is good. */
export const ACCESS_TOKEN_SECONDS = 600;
/** The claim that names the generation of the client's tokens to which a token belongs. */
export const GENERATION_CLAIM = 'generation';

/** Reads access tokens: JWTs by RFC 9068 that this server has signed for its own API. */
export class AccessTokenService {
  constructor(
    private readonly keys: SigningKeyService,
    private readonly names: { readonly issuer: string; readonly audience: string },
  ) {}

  /** Whether it is made like one at all, and no session token: those have no dots. */
  static looksLikeOne(token: string): boolean {
    return token.includes('.');
  }

  /** What it says; undefined unless it is genuine, meant for this API, and has not run out at `now`. */
  async read(sql: Sql, token: string, now: Date): Promise<ClientToken | undefined> {
    const kid = kidOf(token);
    const key = kid === undefined ? undefined : await this.keys.publicKey(sql, kid);
    if (key === undefined) return undefined;
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['ES256'], // RFC 8725 section 3.1: never what the token itself asks for
        typ: 'at+jwt', // RFC 9068 section 4
        ...this.names,
        requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti'],
        currentDate: now,
      });
      return tokenOf(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}

function kidOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid;
  } catch {
    return undefined; // it is no JWT
  }
}

function tokenOf(payload: JWTPayload): ClientToken | undefined {
  const { client_id: clientId, scope, iat = 0, exp = 0, [GENERATION_CLAIM]: generation } = payload;
  if (typeof clientId !== 'string' || typeof generation !== 'number') return undefined;
  return {
    clientId,
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    generation,
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date(exp * 1000),
  };
}
