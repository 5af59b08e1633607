import type { Config } from '../../config.js';
import type { Mount } from '../../edge/http/express.js';
import { batchFiles } from '../../edge/http/files/batch-files.js';
import { guardedParts, type MountParts } from './guarded-parts.js';

/** What stands under `/batches`. */
export function batchMount(config: Config, parts: MountParts): Mount {
  const { work, enrolmentBatches, batchResults, limits } = parts.services;
  const handler = batchFiles({
    ...guardedParts(config, parts),
    work,
    enrolmentBatches,
    batchResults,
    limits,
  });
  return { path: '/batches', handler };
}
