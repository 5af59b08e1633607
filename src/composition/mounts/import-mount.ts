import type { Config } from '../../config.js';
import { trustOf } from '../../edge/http/client.js';
import type { Mount } from '../../edge/http/express.js';
import { importRouter } from '../../edge/http/imports/import-router.js';
import { Origins } from '../../edge/http/origins.js';
import { SessionCookie } from '../../edge/http/session-cookie.js';
import type { EdgePorts } from '../../edge/graphql/ports.js';
import type { Services } from '../services/services.js';

/** Lists of users, larger than a GraphQL request may be. */
export function importMount(
  { trustedProxies, allowedOrigins }: Config,
  parts: { readonly services: Services; readonly ports: EdgePorts; readonly publicUrl: string },
): Mount {
  const publicUrl = (): string => parts.publicUrl;
  const handler = importRouter({
    imports: parts.services.userImports,
    ports: parts.ports,
    limits: parts.services.limits,
    trust: trustOf(trustedProxies),
    origins: new Origins(publicUrl, allowedOrigins),
    cookie: new SessionCookie(publicUrl),
  });
  return { path: '/imports', handler };
}
