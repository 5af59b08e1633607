import { Router } from 'express';
import type { SessionUse } from './saml-exchange.js';
import { SamlLogout } from './saml-logout.js';
import { SamlPages, type SamlRouterParts, type Step } from './saml-pages.js';

type Route = [method: 'get' | 'post', page: string, use: SessionUse, step: Step];

/** The SAML 2.0 service provider, mounted under `/saml`. */
export function samlRouter(parts: SamlRouterParts): Router {
  const saml = new SamlPages(parts);
  const logout = new SamlLogout(saml, parts.services.samlSignOut);
  const router = Router({ caseSensitive: true, strict: true });
  router.use((_req, res, next) => {
    res.setHeader('cache-control', 'no-store');
    next();
  });
  for (const [method, page, use, step] of [
    ['get', 'metadata', 'none', (visit) => saml.metadata(visit)],
    ['get', 'sign-in', 'any-link', (visit) => saml.signIn(visit)],
    ['post', 'acs', 'none', (visit) => saml.acs(visit)],
    ['get', 'finish', 'any-link', (visit) => saml.finish(visit)],
    ['get', 'logout', 'own-site', (visit) => logout.get(visit)],
    ['post', 'logout', 'none', (visit) => logout.post(visit)],
  ] satisfies Route[]) {
    router[method](`/:name/${page}`, saml.visit(use, step));
  }
  return router;
}
