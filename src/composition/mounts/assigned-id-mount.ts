import type { Config } from '../../config.js';
import type { Mount } from '../../edge/http/express.js';
import { assignedIdFiles } from '../../edge/http/files/assigned-id-files.js';
import { guardedParts, type MountParts } from './guarded-parts.js';

/** Lists of assigned IDs, to download and to send. */
export function assignedIdMount(config: Config, parts: MountParts): Mount {
  const { work, limits, assignedIdExports, confirmationLists } = parts.services;
  const handler = assignedIdFiles({
    ...guardedParts(config, parts),
    work,
    limits,
    assignedIdExports,
    confirmationLists,
  });
  return { path: '/', handler };
}
