import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Identity } from './client-authority';
import { noteSecretsIn, type GraphqlFailure } from '../graphql';
import type { TestServer } from '../server';

export interface CertificateCall {
  readonly query: string;
  readonly variables?: object;
  readonly token?: string | undefined;
  /** Shown in the TLS connection itself. */
  readonly identity?: Identity;
  /** Sent along in the handshake behind the certificate. */
  readonly intermediates?: readonly Identity[];
  /** An array is sent as so many header lines. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export interface CertificateAnswer {
  readonly data: any;
  readonly errors: readonly GraphqlFailure[];
  readonly setCookie: readonly string[];
}

/** Calls GraphQL over a connection of its own, with a client certificate or without. */
export async function callWith(
  { url }: Pick<TestServer, 'url'>,
  { query, variables = {}, token, identity, intermediates = [], headers }: CertificateCall,
): Promise<CertificateAnswer> {
  const chain = [identity, ...intermediates].map((each) => each?.pem ?? '').join('');
  const options = {
    method: 'POST',
    agent: false,
    rejectUnauthorized: false,
    ...(identity === undefined ? {} : { cert: chain, key: identity.keyPem }),
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  };
  const send = url.startsWith('https:') ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const sent = send(`${url}/graphql`, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as {
          data?: unknown;
          errors?: GraphqlFailure[];
        };
        noteSecretsIn(body.data);
        const setCookie = response.headers['set-cookie'] ?? [];
        resolve({ data: body.data, errors: body.errors ?? [], setCookie });
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ query, variables }));
  });
}

/** RFC 9440: a byte sequence of RFC 8941. */
export function asHeader(...certificates: readonly Pick<Identity, 'der'>[]): string {
  return certificates.map(({ der }) => `:${der.toString('base64')}:`).join(', ');
}
