import type { IncomingMessage } from 'node:http';
import { TLSSocket, type DetailedPeerCertificate } from 'node:tls';
import type { ShownCertificate } from '../../kernel/actor.js';

const MAX_CHAIN = 8;
/** RFC 8941 section 3.3.5. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]+={0,2}):$/;

/**
 * The certificate whose key the caller has proven to hold: to a trusted proxy, which tells in headers (RFC 9440), else to this
 * server itself. What a proxy shows of its own says nothing about its client, and headers of others say nothing at all.
 */
export function shownCertificateOf(
  req: IncomingMessage,
  { isTrustedProxy }: { isTrustedProxy: boolean },
): ShownCertificate | null {
  return isTrustedProxy ? toldByProxy(req) : shownHere(req);
}

/** How much a connection has shown of certificates that lead from one to the next. */
export function shownOctets(socket: TLSSocket): number {
  let octets = 0;
  let current = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate> | null;
  while (current?.raw !== undefined) {
    octets += current.raw.length;
    current = current.issuerCertificate === current ? null : (current.issuerCertificate ?? null);
  }
  return octets;
}

function shownHere({ socket }: IncomingMessage): ShownCertificate | null {
  if (!(socket instanceof TLSSocket)) return null;
  // Null once the other side has hung up, whatever its type says; an empty object where none was shown.
  const leaf = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate> | null;
  if (leaf?.raw === undefined) return null;
  const intermediates: Buffer[] = [];
  let current = leaf;
  // A certificate that issued itself ends the chain.
  while (current.issuerCertificate !== undefined && current.issuerCertificate !== current) {
    current = current.issuerCertificate;
    if (current.raw === undefined || intermediates.length >= MAX_CHAIN) break;
    intermediates.push(current.raw);
  }
  return { der: leaf.raw, intermediates };
}

/** RFC 9440 section 2: an item, and a list; anything else than these byte sequences is no certificate. */
function toldByProxy({ headersDistinct }: IncomingMessage): ShownCertificate | null {
  const { 'client-cert': items = [], 'client-cert-chain': lists = [] } = headersDistinct;
  const [item] = items;
  const der = item === undefined || items.length > 1 ? undefined : byteSequence(item.trim());
  if (der === undefined) return null;
  const members = lists.flatMap((list) => list.split(',')).map((member) => member.trim());
  const intermediates = members.map(byteSequence);
  const isWellFormed = intermediates.every((each) => each !== undefined);
  return isWellFormed && intermediates.length <= MAX_CHAIN ? { der, intermediates } : null;
}

function byteSequence(text: string): Buffer | undefined {
  const base64 = BYTE_SEQUENCE.exec(text)?.[1];
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}
