import { Router, type NextFunction, type Request, type Response } from 'express';
import { isLoopbackAddress, isLoopbackName } from '../../../kernel/loopback.js';
import { listMails, readMail } from '../../../platform/delivery/mailbox.js';
import { mailListPage, mailPage } from './mailbox-pages.js';

const SHOWN = 200;

/**
 * Shows the mails and text messages that became files: for demo and tests, on this machine only. To be mounted at `path`,
 * where the configuration says so.
 */
export function mailboxRouter(folder: string, path = '/mailbox'): Router {
  const router = Router();
  router.use(refuseStrangers);
  router.use(secureHeaders);
  router.get('/', async (_request, response) => {
    response.type('html').send(mailListPage(await listMails(folder, SHOWN), path));
  });
  router.get('/messages.json', async (_request, response) => {
    const mails = await listMails(folder, SHOWN);
    response.json(
      mails.map(({ to, subject, at, text }) => ({ to, subject, at: at.toISOString(), text })),
    );
  });
  router.get('/:id', async (request, response, next) => {
    const mail = await readMail(folder, request.params.id);
    if (mail === null) next();
    else response.type('html').send(mailPage(mail, path));
  });
  return router;
}

/** The mails hold sign-in codes: neither another machine nor, by DNS rebinding or a proxy, another site may read them. */
function refuseStrangers(request: Request, response: Response, next: NextFunction): void {
  const isDirect =
    request.headers.forwarded === undefined && request.headers['x-forwarded-for'] === undefined;
  const isLocal =
    isLoopbackAddress(request.socket.remoteAddress ?? '') &&
    isLoopbackName(request.headers.host ?? '') &&
    request.headers['sec-fetch-site'] !== 'cross-site';
  if (isDirect && isLocal) {
    next();
    return;
  }
  response.status(403).type('text').send('The mailbox can be seen on this machine only.\n');
}

function secureHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    // The frame with the mail inherits it: no script, nothing fetched from anywhere.
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
  });
  next();
}
