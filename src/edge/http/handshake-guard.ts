import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { addressKey } from '../../platform/address-key.js';
import type { Logger } from '../../platform/logger.js';
import type { TrustProxy } from './client.js';
import { shownOctets } from './client-certificate.js';

/** Of a whole handshake: as much as a proxy could tell of a certificate and its issuers in headers. */
const MAX_OCTETS = 16 * 1024;
/** Handshakes of one address at the same time. */
const MAX_UNDER_WAY = 100;
const REFUSED_MS = 600_000;
const MAX_REFUSED = 10_000;

/**
 * OpenSSL checks every signature in whatever chain a stranger shows, up to 100 KB of the largest keys there are, which takes a
 * tenth of a second of the event loop, and Node lets nobody limit that. So an address that has shown so much is not spoken to for
 * a while.
 */
export class HandshakeGuard {
  /** By address and port. */
  private readonly underWay = new Map<string, Map<number, Socket>>();
  private readonly refusedUntil = new Map<string, number>();

  constructor(private readonly parts: { readonly trust: TrustProxy; readonly log: Logger }) {}

  watch(server: Server): void {
    // Before the server's own listener begins the handshake.
    server.prependListener('connection', (socket: Socket) => {
      if (!this.admits(socket)) socket.destroy();
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      this.complete(socket);
    });
  }

  private admits(socket: Socket): boolean {
    const { remoteAddress = '', remotePort = 0 } = socket;
    if (this.parts.trust(remoteAddress, 0)) return true;
    const address = addressKey(remoteAddress);
    const own = this.underWay.get(address) ?? new Map<number, Socket>();
    if ([...own.values()].some(isTooMuch)) this.refuse(address);
    if (this.isRefused(address) || own.size >= MAX_UNDER_WAY) return false;
    this.underWay.set(address, own.set(remotePort, socket));
    socket.once('close', () => {
      const isUnfinished = this.forget(address, remotePort) !== undefined;
      if (isUnfinished && isTooMuch(socket)) this.refuse(address);
    });
    return true;
  }

  /** The first request may have come along, so that what was shown has to be looked at. */
  private complete(socket: TLSSocket): void {
    const address = addressKey(socket.remoteAddress ?? '');
    const raw = this.forget(address, socket.remotePort ?? 0);
    if (raw !== undefined && isTooMuch(raw) && shownOctets(socket) > MAX_OCTETS) {
      this.refuse(address);
      socket.destroy();
    }
  }

  private forget(address: string, port: number): Socket | undefined {
    const own = this.underWay.get(address);
    const socket = own?.get(port);
    own?.delete(port);
    if (own?.size === 0) this.underWay.delete(address);
    return socket;
  }

  private refuse(address: string): void {
    if (this.isRefused(address)) return;
    const [oldest] = this.refusedUntil.keys();
    if (this.refusedUntil.size >= MAX_REFUSED && oldest !== undefined) {
      this.refusedUntil.delete(oldest);
    }
    this.refusedUntil.set(address, performance.now() + REFUSED_MS);
    this.parts.log.warn({ address }, 'an address is refused for what it has shown in a handshake');
    for (const socket of this.underWay.get(address)?.values() ?? []) socket.destroy();
  }

  private isRefused(address: string): boolean {
    const until = this.refusedUntil.get(address);
    if (until === undefined || until > performance.now()) return until !== undefined;
    this.refusedUntil.delete(address);
    return false;
  }
}

function isTooMuch({ bytesRead }: Socket): boolean {
  return bytesRead > MAX_OCTETS;
}
