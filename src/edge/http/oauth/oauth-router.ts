import { Router, type Request, type RequestHandler } from 'express';
import { createOAuthProvider, PATHS, type OAuthParts } from './oauth-provider.js';

const PUBLIC_SECONDS = 300;

/** The token endpoint, its keys and its metadata; nothing else of the library can be reached. To be mounted at `/`. */
export function oauthRouter(parts: OAuthParts): Router {
  const answer = createOAuthProvider(parts).callback();
  const { protocol, host } = new URL(parts.publicUrl);
  const pass: RequestHandler = (req, res, next) => {
    pinOrigin(req, { protocol: protocol.slice(0, -1), host });
    answer(req, res).catch(next);
  };
  const passCacheable: RequestHandler = (req, res, next) => {
    res.setHeader('cache-control', `public, max-age=${String(PUBLIC_SECONDS)}`);
    void pass(req, res, next);
  };
  const router = Router({ caseSensitive: true, strict: true });
  router.post(PATHS.token, pass);
  router.get(PATHS.jwks, passCacheable);
  router.get(PATHS.metadata, passCacheable);
  return router;
}

/**
 * The library makes its URLs, and the audiences that it accepts in assertions, from the request's host. Whoever had got an
 * assertion that was meant for his own server could name that one there, so it is told ours.
 */
function pinOrigin(req: Request, { protocol, host }: { protocol: string; host: string }): void {
  req.headers['x-forwarded-proto'] = protocol;
  req.headers['x-forwarded-host'] = host;
  delete req.headers.origin;
}
