import type { Config } from '../../config.js';
import type { EdgePorts } from '../../edge/graphql/ports.js';
import { trustOf } from '../../edge/http/client.js';
import type { Mount } from '../../edge/http/express.js';
import { Origins } from '../../edge/http/origins.js';
import { scimRouter } from '../../edge/http/scim/scim-router.js';
import type { Services } from '../services/services.js';

/** Users and groups of projects, for directories. */
export function scimMount(
  { trustedProxies, allowedOrigins }: Config,
  parts: { readonly services: Services; readonly ports: EdgePorts; readonly publicUrl: string },
): Mount {
  const { services, ports, publicUrl } = parts;
  const handler = scimRouter({
    work: services.work,
    limits: services.limits,
    users: services.scimUsers,
    groups: services.scimGroups,
    projects: services.scimProjects,
    ports,
    trust: trustOf(trustedProxies),
    origins: new Origins(() => publicUrl, allowedOrigins),
  });
  return { path: '/scim/v2/projects', handler };
}
