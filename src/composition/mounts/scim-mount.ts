import type { Config } from '../../config.js';
import type { Mount } from '../../edge/http/express.js';
import { scimRouter } from '../../edge/http/scim/scim-router.js';
import { guardedParts, type MountParts } from './guarded-parts.js';

/** Users and groups of projects, for directories. */
export function scimMount(config: Config, parts: MountParts): Mount {
  const { services } = parts;
  const handler = scimRouter({
    ...guardedParts(config, parts),
    work: services.work,
    limits: services.limits,
    users: services.scimUsers,
    groups: services.scimGroups,
    projects: services.scimProjects,
  });
  return { path: '/scim/v2/projects', handler };
}
