import { TLSSocket } from 'node:tls';
import express, { type Request, type Response } from 'express';
import type { RequestContext, ShownCertificate } from '../../../kernel/actor.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import { isLoopbackAddress } from '../../../kernel/loopback.js';
import type { Identify } from '../../graphql/ports.js';
import { describeClient, type TrustProxy } from '../client.js';
import { contentOf } from '../content.js';
import type { Origins } from '../origins.js';

/** Above what a certificate request may have. */
const MAX_BODY = 24 * 1024;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const BINDING_OCTETS = 32;
const BINDING_LABEL = 'EXPORTER-Channel-Binding';

export interface EstExchangeParts {
  readonly trust: TrustProxy;
  readonly origins: Origins;
  readonly identify: Identify;
}

/** A body of another kind than the operation takes. */
export class UnsupportedBody extends Error {
  override readonly name = 'UnsupportedBody';
}

/** What a client sends, and who it is as far as the network can tell. Nobody is signed in here. */
export interface EstCall {
  readonly context: RequestContext;
  readonly shown: ShownCertificate | null;
}

export async function callOf(
  parts: EstExchangeParts,
  req: Request,
  res: Response,
): Promise<EstCall> {
  const client = describeClient(req, { ...parts, acceptsCertificates: true });
  const { address, userAgent } = client;
  const requestId = String(res.getHeader('x-request-id') ?? client.requestId);
  const caller = await parts.identify({}, { requestId, address, userAgent });
  const context = {
    ...{ requestId, address, userAgent },
    ...caller,
    setSessionCookie: () => undefined,
  };
  return { context, shown: client.clientCertificate };
}

/**
 * RFC 7030 3.3: nothing goes over a connection that others can read. Within this machine it may, for a proxy in front of it and
 * for development.
 * @throws DomainError FORBIDDEN
 */
export function refusePlainHttp({ req, trust }: { req: Request; trust: TrustProxy }): void {
  const { socket, headers } = req;
  if (socket instanceof TLSSocket) return;
  const remote = socket.remoteAddress ?? '';
  const forwarded = trust(remote, 0) ? headers['x-forwarded-proto'] : undefined;
  const isProtected =
    forwarded === undefined ? isLoopbackAddress(remote) : /^https\b/.test(String(forwarded));
  if (!isProtected) throw new DomainError('FORBIDDEN', { reason: 'PLAIN_HTTP' });
}

/** The code, as password of HTTP Basic (RFC 7617; the user name says nothing) or as bearer token; undefined where there is none. */
export function codeIn({ headers: { authorization = '' } }: Request): string | undefined {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+) *$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}

const readBody = express.raw({ type: () => true, inflate: false, limit: MAX_BODY });

/**
 * A PKCS #10 request in base64, whatever Content-Transfer-Encoding says (RFC 8951 section 3.1).
 * @returns its DER
 * @throws UnsupportedBody; DomainError INVALID_INPUT; an error with `status` 413 over the limit
 */
export async function requestIn(req: Request, res: Response): Promise<Buffer> {
  const { type, isPlain } = contentOf(req.headers);
  if (type !== 'application/pkcs10' || !isPlain) throw new UnsupportedBody();
  await new Promise<void>((resolve, reject) => {
    readBody(req, res, (cause?: Error) => {
      if (cause === undefined) resolve();
      else reject(cause);
    });
  });
  const body: unknown = req.body;
  const text = Buffer.isBuffer(body) ? body.toString('latin1').replace(/\s/g, '') : '';
  const der = Buffer.from(text, 'base64');
  if (!BASE64.test(text) || der.toString('base64') !== text) {
    throw invalidInput('body', 'It must be a PKCS #10 request in DER, in base64.');
  }
  return der;
}

/**
 * By which a request can be tied to this very connection: tls-unique (RFC 5929 section 3) up to TLS 1.2, tls-exporter (RFC 9266)
 * everywhere; base64. None behind a proxy.
 */
export function bindingsOf({ socket }: Request): string[] {
  if (!(socket instanceof TLSSocket) || socket.destroyed) return [];
  const exported = socket.exportKeyingMaterial(BINDING_OCTETS, BINDING_LABEL, Buffer.alloc(0));
  // The first Finished message of the handshake, which after a resumption is the server's.
  const unique = socket.isSessionReused() ? socket.getFinished() : socket.getPeerFinished();
  const isBound = socket.getProtocol() === 'TLSv1.2' && unique !== undefined;
  return [exported, ...(isBound ? [unique] : [])].map((bytes) => bytes.toString('base64'));
}
