import { Router } from 'express';
import { SamlLogout } from './saml-logout.js';
import { SamlPages, type SamlRouterParts } from './saml-pages.js';

/** The SAML 2.0 service provider, mounted under `/saml`. */
export function samlRouter(parts: SamlRouterParts): Router {
  const saml = new SamlPages(parts);
  const logout = new SamlLogout(saml, parts.services.samlSignOut);
  const router = Router({ caseSensitive: true, strict: true });
  router.use((_req, res, next) => {
    res.setHeader('cache-control', 'no-store');
    next();
  });
  router.get(
    '/:name/metadata',
    saml.visit('none', (visit) => saml.metadata(visit)),
  );
  router.get(
    '/:name/sign-in',
    saml.visit('any-link', (visit) => saml.signIn(visit)),
  );
  router.post(
    '/:name/acs',
    saml.visit('none', (visit) => saml.acs(visit)),
  );
  router.get(
    '/:name/finish',
    saml.visit('any-link', (visit) => saml.finish(visit)),
  );
  router.get(
    '/:name/logout',
    saml.visit('own-site', (visit) => logout.get(visit)),
  );
  router.post(
    '/:name/logout',
    saml.visit('none', (visit) => logout.post(visit)),
  );
  return router;
}
