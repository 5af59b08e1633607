import { noteSecret } from './run';

export interface GraphqlAnswer<Data> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Data;
  readonly errors: readonly GraphqlFailure[];
}
export interface GraphqlFailure {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string } & Readonly<Record<string, unknown>>;
}
export interface Caller {
  /** Bearer token of a session. */
  readonly token?: string | undefined;
  readonly watchToken?: string | undefined;
  readonly deviceToken?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}
export type GraphqlCall = <Data = any>(
  query: string,
  variables?: Readonly<Record<string, unknown>>,
  caller?: Caller,
) => Promise<GraphqlAnswer<Data>>;

const SECRET_FIELDS = new Set([
  'token',
  'watchToken',
  'deviceToken',
  'confirmationCode',
  'challenge',
  'password',
  'clientSecret',
  'code',
  'proof',
  'csr',
  'nonce',
  'answer',
]);

/** Calls a server's GraphQL over HTTP, and notes each secret that goes there or comes back. */
export function graphqlOver(url: string): GraphqlCall {
  return async (query, variables = {}, caller = {}) => {
    noteSecretsIn(variables);
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(caller) },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.json()) as { data?: any; errors?: GraphqlFailure[] };
    noteSecretsIn(body.data);
    return {
      status: response.status,
      headers: response.headers,
      data: body.data,
      errors: body.errors ?? [],
    };
  };
}

export function headersOf({
  token,
  watchToken,
  deviceToken,
  headers,
}: Caller): Record<string, string> {
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(watchToken === undefined ? {} : { 'x-watch-token': watchToken }),
    ...(deviceToken === undefined ? {} : { 'x-device-token': deviceToken }),
    ...headers,
  };
}

/** The code of the one error; fails where there is none. */
export function codeOf({ errors }: { errors: readonly GraphqlFailure[] }): string {
  const [error] = errors;
  if (error === undefined) throw new Error('The call was expected to be refused.');
  return error.extensions.code;
}

export function noteSecretsIn(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'string') noteNamed(name, inner);
    else noteSecretsIn(inner);
  }
}

function noteNamed(name: string, text: string): void {
  if (name === 'uri') noteSecret(text.split('#')[1] ?? text);
  else if (name === 'csr')
    for (const line of text.trim().split('\n').slice(1, -1)) noteSecret(line);
  else if (SECRET_FIELDS.has(name) && !isNoSecret(text)) noteSecret(text);
}

/** A constant of the schema, or one character many times, which stands where a limit is tried. */
function isNoSecret(text: string): boolean {
  return /^[A-Z_]+$/.test(text) || /^(.)\1*$/s.test(text);
}
