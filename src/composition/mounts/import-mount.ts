import type { Config } from '../../config.js';
import type { Mount } from '../../edge/http/express.js';
import { importRouter } from '../../edge/http/imports/import-router.js';
import { guardedParts, type MountParts } from './guarded-parts.js';

/** Lists of users, larger than a GraphQL request may be. */
export function importMount(config: Config, parts: MountParts): Mount {
  const { limits, userImports: imports } = parts.services;
  const handler = importRouter({ ...guardedParts(config, parts), limits, imports });
  return { path: '/imports', handler };
}
