import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import * as oauth from 'openid-client';
import type { GraphqlAnswer } from './graphql';
import { newName } from './orders';
import { noteSecret } from './run';
import type { TestServer } from './server';

type Server = Pick<TestServer, 'url' | 'graphql'>;

export interface TestClient {
  readonly id: string;
  readonly clientId: string;
  readonly clientSecret: string;
}
export interface ClientWishes {
  readonly scopes?: readonly string[];
  readonly projectIds?: readonly string[];
  readonly jwks?: string;
}

const CREATE = `mutation ($name: String!, $scopes: [String!]!, $projectIds: [ID!], $jwks: String) {
  createApiClient(name: $name, scopes: $scopes, projectIds: $projectIds, jwks: $jwks) {
    clientSecret client { id clientId name scopes projectIds enabled createdAt lastUsedAt } } }`;

export function tryCreateClient(
  server: Server,
  admin: string,
  wishes: ClientWishes & { readonly name?: string },
): Promise<GraphqlAnswer<any>> {
  const variables = { name: newName('client'), scopes: ['enrolment:create'], ...wishes };
  return server.graphql(CREATE, variables, { token: admin });
}

/** A new API client. @throws Error where it is refused */
export async function createClient(
  server: Server,
  admin: string,
  wishes: ClientWishes = {},
): Promise<TestClient> {
  const { data, errors } = await tryCreateClient(server, admin, wishes);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return noted(data.createApiClient);
}

/** The client of an answer, its secret noted. */
export function noted(made: { clientSecret: string; client: object }): TestClient {
  noteSecret(made.clientSecret);
  return { ...(made.client as TestClient), clientSecret: made.clientSecret };
}

export interface ScimTokenWishes {
  readonly name?: string;
  readonly projectId?: string | null;
  readonly validityDays?: number | null;
}

const CREATE_SCIM_TOKEN = `mutation ($clientId: ID!, $name: String!, $projectId: ID, $validityDays: Int = 365) {
  createScimToken(clientId: $clientId, name: $name, projectId: $projectId, validityDays: $validityDays) {
    token scimToken { id name projectId createdAt expiresAt lastUsedAt } } }`;

export async function tryCreateScimToken(
  server: Server,
  caller: string,
  { id: clientId }: Pick<TestClient, 'id'>,
  wishes: ScimTokenWishes = {},
): Promise<GraphqlAnswer<any>> {
  const variables = { clientId, name: newName('directory'), ...wishes };
  const answer = await server.graphql(CREATE_SCIM_TOKEN, variables, { token: caller });
  if (answer.errors.length === 0) noteSecret(answer.data.createScimToken.token as string);
  return answer;
}

/** A long-lived token, and its id. @throws Error where it is refused */
export async function createScimToken(
  server: Server,
  admin: string,
  client: Pick<TestClient, 'id'>,
  wishes: ScimTokenWishes = {},
): Promise<{ readonly id: string; readonly token: string }> {
  const { data, errors } = await tryCreateScimToken(server, admin, client, wishes);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const { token, scimToken } = data.createScimToken;
  return { id: scimToken.id as string, token: token as string };
}

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

/** One form to the token endpoint, as it is. */
export async function postToken(
  { url }: Pick<TestServer, 'url'>,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
  });
  const body: any = await response.json();
  if (typeof body.access_token === 'string') noteToken(body.access_token);
  return { status: response.status, headers: response.headers, body };
}

/** Header and payload say nothing that is not public; with the signature it opens doors. */
function noteToken(token: string): void {
  noteSecret(token);
  noteSecret(token.split('.')[2] ?? token);
}

/** An access token by client_secret_post. @throws Error where it is refused */
export async function accessToken(
  server: Pick<TestServer, 'url'>,
  { clientId, clientSecret }: TestClient,
  scope?: string,
): Promise<string> {
  const { body } = await postToken(server, {
    client_id: clientId,
    client_secret: clientSecret,
    ...(scope === undefined ? {} : { scope }),
  });
  if (body.access_token === undefined) throw new Error(JSON.stringify(body));
  return body.access_token as string;
}

/** A client of the standard library, which finds everything out from the metadata. */
export function discover(
  { url }: Pick<TestServer, 'url'>,
  clientId: string,
  authentication: oauth.ClientAuth,
): Promise<oauth.Configuration> {
  return oauth.discovery(new URL(url), clientId, undefined, authentication, {
    algorithm: 'oauth2',
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- tests talk to loopback without TLS, which is what it is for
    execute: [oauth.allowInsecureRequests],
  });
}

/** A token by the standard library. */
export async function grant(
  config: oauth.Configuration,
  parameters: Readonly<Record<string, string>> = {},
): Promise<oauth.TokenEndpointResponse> {
  const tokens = await oauth.clientCredentialsGrant(config, { ...parameters });
  noteToken(tokens.access_token);
  return tokens;
}

export interface TestKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwks: string;
}

/** A key of a client's own, for private_key_jwt. */
export function clientKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = newName('key');
  const jwks = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' }],
  });
  noteSecret(privateKey.export({ format: 'jwk' }).d ?? '');
  return { kid, privateKey, jwks };
}

/** A client assertion (RFC 7523), right unless `claims` or `header` say otherwise. */
export function assertionBy(
  clientId: string,
  audience: string,
  { kid, privateKey }: Pick<TestKey, 'kid' | 'privateKey'>,
  {
    claims = {},
    header = {},
  }: {
    claims?: Readonly<Record<string, unknown>>;
    header?: Readonly<Record<string, unknown>>;
  } = {},
): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    ...{ iss: clientId, sub: clientId, aud: audience, jti: randomUUID() },
    ...{ iat: now, exp: now + 60, ...claims },
  };
  return signedJwt({ alg: 'ES256', typ: 'JWT', kid, ...header }, payload, privateKey);
}

export function signedJwt(header: object, payload: object, key: KeyObject): string {
  const signed = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** Presents an assertion at the token endpoint. */
export function postAssertion(
  server: Pick<TestServer, 'url'>,
  assertion: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  noteSecret(assertion);
  return postToken(
    server,
    {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    },
    headers,
  );
}
