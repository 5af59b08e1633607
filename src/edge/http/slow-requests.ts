import type { IncomingMessage, ServerResponse } from 'node:http';
import { TIMEOUTS } from './timeouts.js';

/** `node:http` measures all requests of a server alike; these have to be whole within {@link TIMEOUTS}, though others need not. */
export function endSlowRequest(req: IncomingMessage, res: ServerResponse): void {
  const timer = setTimeout(() => {
    if (req.complete) return;
    if (!res.headersSent) res.writeHead(408, { connection: 'close' }).end();
    req.socket.destroySoon();
  }, TIMEOUTS.requestTimeout);
  timer.unref();
  req.once('close', () => {
    clearTimeout(timer);
  });
}
