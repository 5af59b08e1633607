import type { Config } from '../../config.js';
import type { EdgePorts } from '../../edge/graphql/ports.js';
import { trustOf } from '../../edge/http/client.js';
import type { Mount } from '../../edge/http/express.js';
import { Origins } from '../../edge/http/origins.js';
import { projectFiles } from '../../edge/http/files/project-files.js';
import { SessionCookie } from '../../edge/http/session-cookie.js';
import type { Services } from '../services/services.js';

/** What stands under `/projects`. */
export function projectMount(
  { trustedProxies, allowedOrigins }: Config,
  parts: { readonly services: Services; readonly ports: EdgePorts; readonly publicUrl: string },
): Mount {
  const publicUrl = (): string => parts.publicUrl;
  const { work, activationSheets } = parts.services;
  const handler = projectFiles({
    ...{ work, activationSheets, ports: parts.ports },
    trust: trustOf(trustedProxies),
    origins: new Origins(publicUrl, allowedOrigins),
    cookie: new SessionCookie(publicUrl),
  });
  return { path: '/projects', handler };
}
