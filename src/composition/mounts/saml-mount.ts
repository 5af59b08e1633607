import { trustOf } from '../../edge/http/client.js';
import type { Mount } from '../../edge/http/express.js';
import { Origins } from '../../edge/http/origins.js';
import type { SamlRouterParts } from '../../edge/http/saml/saml-pages.js';
import { samlRouter } from '../../edge/http/saml/saml-router.js';
import { SessionCookie } from '../../edge/http/session-cookie.js';
import type { Config } from '../../config.js';

/** What stands under `/saml`. */
export function samlMount(
  { trustedProxies, allowedOrigins }: Config,
  parts: Pick<SamlRouterParts, 'services' | 'identify'> & { readonly publicUrl: string },
): Mount {
  const publicUrl = (): string => parts.publicUrl;
  const handler = samlRouter({
    ...parts,
    publicUrl,
    trust: trustOf(trustedProxies),
    origins: new Origins(publicUrl, allowedOrigins),
    cookie: new SessionCookie(publicUrl),
  });
  return { path: '/saml', handler };
}
