import type { Request, RequestHandler, Response } from 'express';
import type { RequestContext } from '../../kernel/actor.js';
import { credentialsOf } from '../graphql/credentials.js';
import type { EdgePorts } from '../graphql/ports.js';
import { describeClient, type TrustProxy } from './client.js';
import type { Origins } from './origins.js';
import type { SessionCookie } from './session-cookie.js';

export interface CallerParts {
  readonly trust: TrustProxy;
  readonly origins: Origins;
  readonly cookie: SessionCookie;
  readonly ports: Pick<EdgePorts, 'identify'>;
}

export interface GuardedParts extends CallerParts {
  readonly ports: Pick<EdgePorts, 'identify' | 'authorize'>;
}

interface Guard {
  /** Of the access rules. */
  readonly resource: string;
  readonly isChange: boolean;
}

type Answer = (context: RequestContext, req: Request, res: Response) => Promise<void>;

/**
 * A handler behind the access rules, for what is no GraphQL: by the session's cookie, where no other site can have sent it, or by
 * a bearer token. What it refuses goes on to the server's own answer to refusals.
 */
export function guarded(
  parts: GuardedParts,
  { resource, isChange }: Guard,
  answer: Answer,
): RequestHandler {
  return async (req, res, next) => {
    try {
      res.setHeader('cache-control', 'no-store');
      const context = await contextOf(parts, req, res);
      await parts.ports.authorize(context, resource, { isChange });
      await answer(context, req, res);
    } catch (error) {
      next(error);
    }
  };
}

async function contextOf(
  parts: GuardedParts,
  req: Request,
  res: Response,
): Promise<RequestContext> {
  return {
    ...(await callerOf(parts, req, res)),
    setSessionCookie: (token) => {
      res.append('set-cookie', parts.cookie.write(token));
    },
  };
}

/** By the session's cookie, where no other site can have sent it, or by a bearer token. @throws DomainError UNAUTHENTICATED */
export async function callerOf(
  parts: CallerParts,
  req: Request,
  res: Response,
): Promise<Omit<RequestContext, 'setSessionCookie'>> {
  const client = describeClient(req, { ...parts, acceptsCertificates: false });
  const { address, userAgent, cookieCounts } = client;
  const requestId = String(res.getHeader('x-request-id') ?? client.requestId);
  const cookie = cookieCounts ? parts.cookie.read(req.headers.cookie) : undefined;
  const facts = { requestId, address, userAgent };
  const caller = await parts.ports.identify(credentialsOf(req.headers, cookie), facts);
  return { ...facts, ...caller };
}
