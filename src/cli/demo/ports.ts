import { once } from 'node:events';
import { createServer } from 'node:net';
import { hasCode } from '../../platform/system-errors.js';
import { DEFAULT_PORT } from './options.js';
import { DemoProblem } from './problem.js';

const TRIED = 50;

/**
 * The wanted port, for 0 any; without a wish the first free one from {@link DEFAULT_PORT} on.
 * @throws Error where it is taken
 */
export async function choosePort(wanted: number | null, host: string): Promise<number> {
  if (wanted === 0) return anyPort(host);
  if (wanted !== null) {
    if (await isFree(wanted, host)) return wanted;
    throw new DemoProblem(
      `Port ${String(wanted)} is taken by another program. Choose another --port.`,
    );
  }
  for (let port = DEFAULT_PORT; port < DEFAULT_PORT + TRIED; port += 1) {
    if (await isFree(port, host)) return port;
  }
  const last = String(DEFAULT_PORT + TRIED - 1);
  throw new DemoProblem(
    `The ports ${String(DEFAULT_PORT)} to ${last} are all taken. Choose a --port.`,
  );
}

async function anyPort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new DemoProblem('No port is free.');
  return address.port;
}

/** Browsers try IPv6 first for `localhost`, so another program on that side would get our visitors. */
async function isFree(port: number, host: string): Promise<boolean> {
  return (await canListen(port, host)) && (await canListen(port, '::1'));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (hasCode(error, 'EADDRINUSE')) resolve(false);
      else if (hasCode(error, 'EADDRNOTAVAIL') || hasCode(error, 'EAFNOSUPPORT')) resolve(true);
      else if (hasCode(error, 'EACCES'))
        reject(new DemoProblem(`Port ${String(port)} needs root.`));
      else reject(error);
    });
    server.listen({ port, host, ipv6Only: true, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
