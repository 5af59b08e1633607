import type { Config } from '../../config.js';
import type { Mount } from '../../edge/http/express.js';
import { projectFiles } from '../../edge/http/files/project-files.js';
import { guardedParts, type MountParts } from './guarded-parts.js';

/** What stands under `/projects`. */
export function projectMount(config: Config, parts: MountParts): Mount {
  const { work, activationSheets } = parts.services;
  const handler = projectFiles({ ...guardedParts(config, parts), work, activationSheets });
  return { path: '/projects', handler };
}
