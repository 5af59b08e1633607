import { randomUUID } from 'node:crypto';
import { parseCookie, stringifySetCookie } from 'cookie';
import express, { type Express, type Request, type Response } from 'express';
import type { Clock } from '../../kernel/clock.js';
import { randomToken } from '../../kernel/secrets.js';
import { homePage, messagePage, postPage, signInPage } from './login-pages.js';
import type { Authenticated, Message, SamlProvider } from './saml-provider.js';
import { findEmployee, type Employee } from './staff.js';

const COOKIE = 'demo-corp';

export interface DemoCorpParts {
  readonly provider: SamlProvider;
  readonly staff: readonly Employee[];
  readonly clock: Clock;
}

/** Demo Corp on the web: sign in once, and stay signed in until the browser or the server ends. */
export function createDemoCorp({ provider, staff, clock }: DemoCorpParts): Express {
  const sessions = new Map<string, Authenticated>();
  const app = express();
  app.disable('x-powered-by');
  app.use((_req, res, next) => {
    res.setHeader('cache-control', 'no-store');
    next();
  });
  app.get('/metadata', (_req, res) => {
    res.type('application/samlmetadata+xml').send(provider.metadata);
  });
  app.get('/sso', async (req, res) => {
    const asked = await provider.readLogin(searchOf(req));
    const session = sessions.get(tokenOf(req));
    if (session === undefined) res.send(signInPage('FIRST', req.originalUrl));
    else if (asked.forceAuthn) res.send(signInPage('AGAIN', req.originalUrl));
    else await answer(req, res, session);
  });
  app.post('/sso', express.urlencoded({ extended: false, limit: '8kb' }), async (req, res) => {
    const { username, password } = req.body as Record<string, unknown>;
    const employee = findEmployee(staff, textOf(username), textOf(password));
    if (employee === undefined) {
      res.status(403).send(signInPage('WRONG', req.originalUrl));
      return;
    }
    const session = { employee, at: clock.now(), sessionIndex: `_${randomUUID()}` };
    const token = randomToken();
    sessions.set(token, session);
    res.setHeader('set-cookie', cookie(token));
    await answer(req, res, session);
  });
  app.get('/slo', async (req, res) => {
    if (req.query['SAMLResponse'] !== undefined) {
      res.redirect(303, '/signed-out');
      return;
    }
    const asked = await provider.readLogout(searchOf(req));
    for (const [token, { employee }] of sessions) {
      if (employee.username === asked.nameId) sessions.delete(token);
    }
    send(res, await provider.answerLogout(asked, textOf(req.query['RelayState'])));
  });
  app.post('/slo', (_req, res) => {
    res.redirect(303, '/signed-out');
  });
  app.get('/', (req, res) => {
    const name = sessions.get(tokenOf(req))?.employee.displayName;
    res.send(homePage(name ?? null));
  });
  app.post('/sign-out', async (req, res) => {
    const token = tokenOf(req);
    const session = sessions.get(token);
    sessions.delete(token);
    if (session === undefined) res.redirect(303, '/');
    else send(res, await provider.requestLogout(session));
  });
  app.get('/signed-out', (_req, res) => {
    res.send(messagePage('You are signed out.'));
  });
  handleErrors(app);
  return app;

  async function answer(req: Request, res: Response, session: Authenticated): Promise<void> {
    const asked = await provider.readLogin(searchOf(req));
    const { url, response } = await provider.answerLogin(asked, session, clock.now());
    const relayState = textOf(req.query['RelayState']);
    res.send(
      postPage(url, { SAMLResponse: response, ...(relayState && { RelayState: relayState }) }),
    );
  }
}

function send(res: Response, { url, fields }: Message): void {
  if (fields === null) res.redirect(303, url);
  else res.send(postPage(url, fields));
}

function handleErrors(app: Express): void {
  app.use((_req, res) => {
    res.status(404).send(messagePage('There is nothing here.'));
  });
  app.use((_error: unknown, _req: Request, res: Response, next: () => void) => {
    if (res.headersSent) next();
    else res.status(400).send(messagePage('This request cannot be answered.'));
  });
}

function searchOf({ originalUrl }: Request): string {
  const at = originalUrl.indexOf('?');
  return at < 0 ? '' : originalUrl.slice(at + 1);
}

function tokenOf({ headers }: Request): string {
  return parseCookie(headers.cookie ?? '')[COOKIE] ?? '';
}

function cookie(token: string): string {
  return stringifySetCookie(COOKIE, token, { path: '/', httpOnly: true, sameSite: 'lax' });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
