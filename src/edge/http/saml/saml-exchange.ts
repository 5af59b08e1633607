import express, { type Request, type Response } from 'express';
import type { RequestContext } from '../../../kernel/actor.js';
import { invalidInput } from '../../../kernel/errors.js';
import type { SignInProblem } from '../../../features/authentication/saml/saml-sign-in.service.js';
import { SamlRefusal } from '../../../features/authentication/saml/messages/saml-refusal.js';
import type { Identify } from '../../graphql/ports.js';
import { describeClient, type Client, type TrustProxy } from '../client.js';
import type { Origins } from '../origins.js';
import type { SessionCookie } from '../session-cookie.js';

const MAX_FORM = 64 * 1024;
const MAX_FIELDS = 10;

export interface ExchangeParts {
  readonly trust: TrustProxy;
  readonly origins: Origins;
  readonly cookie: SessionCookie;
  readonly identify: Identify;
}

/** Whether the browser's session counts: on a form that another site posted there is none. */
export type SessionUse = 'none' | 'own-site' | 'any-link';

/** The call behind a request. */
export async function contextOf(
  parts: ExchangeParts,
  [req, res]: readonly [Request, Response],
  use: SessionUse,
): Promise<RequestContext> {
  const client = describeClient(req, { ...parts, acceptsCertificates: false });
  const { address, userAgent } = client;
  const requestId = String(res.getHeader('x-request-id') ?? client.requestId);
  const token = counts(client, use) ? parts.cookie.read(req.headers.cookie) : undefined;
  const caller = await parts.identify(
    token === undefined ? {} : { session: { kind: 'cookie', token } },
    { requestId, address, userAgent },
  );
  return {
    ...{ requestId, address, userAgent },
    ...caller,
    setSessionCookie: (token) => {
      res.append('set-cookie', parts.cookie.write(token));
    },
  };
}

/**
 * `any-link`: a browser that comes back from a provider has been sent by another site. What such a visit can do, it can do only
 * with what this browser began.
 */
function counts({ cookieCounts, origin }: Client, use: SessionUse): boolean {
  switch (use) {
    case 'none':
      return false;
    case 'own-site':
      return cookieCounts;
    case 'any-link':
      return origin !== 'foreign';
  }
}

const parseForm = express.urlencoded({
  extended: false,
  inflate: false,
  limit: MAX_FORM,
  parameterLimit: MAX_FIELDS,
});

/**
 * Only a person who follows a link gets here: a page that embeds the address, as a picture or a frame, begins nothing. What
 * browsers do not say is not held against them (Fetch Metadata).
 * @throws DomainError INVALID_INPUT
 */
export function requireNavigation({ headers }: Pick<Request, 'headers'>): void {
  const { 'sec-fetch-mode': mode = 'navigate', 'sec-fetch-dest': target = 'document' } = headers;
  if (mode !== 'navigate' || target !== 'document') {
    throw invalidInput('Sec-Fetch-Mode', 'A sign-in begins with a visit to this address.');
  }
}

/** The fields of a posted form that stand there once. @throws SamlRefusal MALFORMED for anything but a small form */
export async function formOf(req: Request, res: Response): Promise<ReadonlyMap<string, string>> {
  await new Promise<void>((resolve, reject) => {
    parseForm(req, res, (cause?: unknown) => {
      if (cause === undefined) resolve();
      else reject(new SamlRefusal('MALFORMED', { cause }));
    });
  });
  const body: unknown = req.body;
  if (typeof body !== 'object' || body === null) throw new SamlRefusal('MALFORMED');
  const fields = Object.entries(body).filter(
    (field): field is [string, string] => typeof field[1] === 'string',
  );
  return new Map(fields);
}

export function queryOf(req: Request): string {
  const start = req.originalUrl.indexOf('?');
  return start < 0 ? '' : req.originalUrl.slice(start + 1);
}

/** To the page that explains the problem. */
export function goToProblem(res: Response, problem: SignInProblem): void {
  go(res, `/?signInProblem=${problem}`);
}

export function go(res: Response, location: string): void {
  res.redirect(303, location);
}
