import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '../../kernel/errors.js';
import type { Credentials } from './ports.js';

const MAX_TOKEN = 512;
/** Room for the access token of an API client, which is a JWT. */
const MAX_BEARER = 2048;
/** RFC 6750 section 2.1. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** @throws DomainError UNAUTHENTICATED for an `authorization` that is no bearer token */
function bearerToken(authorization: string): string {
  const token = authorization.length <= MAX_BEARER ? BEARER.exec(authorization)?.[1] : undefined;
  if (token === undefined) throw new DomainError('UNAUTHENTICATED');
  return token;
}

/** A bearer token goes before a cookie, and is not helped out by one. */
export function credentialsOf(
  headers: IncomingHttpHeaders,
  cookieToken: string | undefined,
): Credentials {
  const { authorization, 'x-watch-token': watchToken, 'x-device-token': deviceToken } = headers;
  return {
    ...sessionOf(authorization, cookieToken),
    ...tokensOf(watchToken?.toString(), deviceToken?.toString()),
  };
}

/** The same in a WebSocket's connectionParams. What is there must be a string. */
export function credentialsIn(
  params: Readonly<Record<string, unknown>>,
  cookieToken: string | undefined,
): Credentials {
  const [authorization, watchToken, deviceToken] = [
    params['authorization'] ?? params['Authorization'],
    params['watchToken'],
    params['deviceToken'],
  ].map(textOrNothing);
  return {
    ...sessionOf(authorization, cookieToken),
    ...tokensOf(watchToken, deviceToken),
  };
}

function tokensOf(
  watchToken: string | undefined,
  deviceToken: string | undefined,
): Pick<Credentials, 'watchToken' | 'deviceToken'> {
  return {
    ...(watchToken === undefined ? {} : { watchToken: shortToken(watchToken) }),
    ...(deviceToken === undefined ? {} : { deviceToken: shortToken(deviceToken) }),
  };
}

function sessionOf(
  authorization: string | undefined,
  cookieToken: string | undefined,
): Pick<Credentials, 'session'> {
  if (authorization !== undefined) {
    return { session: { kind: 'bearer', token: bearerToken(authorization) } };
  }
  return cookieToken === undefined ? {} : { session: { kind: 'cookie', token: cookieToken } };
}

function textOrNothing(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new DomainError('UNAUTHENTICATED');
  return value;
}

function shortToken(token: string): string {
  if (token.length > MAX_TOKEN) throw new DomainError('UNAUTHENTICATED');
  return token;
}
