import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyaddr from 'proxy-addr';
import type { ShownCertificate } from '../../kernel/actor.js';
import type { RequestFacts } from '../graphql/ports.js';
import { shownCertificateOf } from './client-certificate.js';
import type { OriginKind, Origins } from './origins.js';

const MAX_USER_AGENT = 256;
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** Who is at the other end of a request, as far as the network can tell. */
export interface Client extends RequestFacts {
  readonly origin: OriginKind;
  readonly cookieCounts: boolean;
  readonly clientCertificate: ShownCertificate | null;
}

export type TrustProxy = (address: string, hop: number) => boolean;

interface ClientOptions {
  readonly trust: TrustProxy;
  readonly origins: Origins;
  readonly acceptsCertificates: boolean;
}

/** Forwarded headers are believed where one of these sent them, and nowhere else. */
export function trustOf(trustedProxies: readonly string[]): TrustProxy {
  return proxyaddr.compile([...trustedProxies]);
}

export function describeClient(
  req: IncomingMessage,
  { trust, origins, acceptsCertificates }: ClientOptions,
): Client {
  const cookieCounts = origins.cookieCounts(req.headers);
  // Browsers show a certificate by themselves, as they send a cookie: it counts where a cookie would.
  const certificateCounts = acceptsCertificates && cookieCounts;
  return {
    requestId: requestIdOf(req, trust),
    address: addressOf(req, trust),
    userAgent: req.headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null,
    origin: origins.kindOf(req.headers.origin),
    cookieCounts,
    clientCertificate: certificateCounts
      ? shownCertificateOf(req, { isTrustedProxy: trust(remoteOf(req), 0) })
      : null,
  };
}

function requestIdOf(req: IncomingMessage, trust: TrustProxy): string {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) && trust(remoteOf(req), 0)
    ? given
    : randomUUID();
}

/** IPv4 addresses that arrive on an IPv6 socket are written as IPv4; what is no address at all is not believed. */
function addressOf(req: IncomingMessage, trust: TrustProxy): string {
  const forwarded = proxyaddr(req, trust);
  const address = ipaddr.isValid(forwarded) ? forwarded : remoteOf(req);
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

/** Empty where the other side has hung up already. */
function remoteOf(req: IncomingMessage): string {
  return req.socket.remoteAddress ?? '';
}
