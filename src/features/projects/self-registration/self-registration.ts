import type { ProjectId } from '../../../kernel/ids.js';
import type { Progress, WholePolicy } from './id-policy-input.js';

/** How a project assigns IDs, and how far it has got. */
export interface SelfRegistration extends WholePolicy, Progress {
  readonly projectId: ProjectId;
  readonly paused: boolean;
  /** Of its activation code. */
  readonly generation: number;
}

/** Numbers up to 2^53 survive as floating point. */
export const SELF_REGISTRATION = `project_id AS "projectId", first_id::float8 AS "firstId", last_id::float8 AS "lastId",
  ceiling::float8 AS ceiling, id_prefix AS "idPrefix", id_width AS "idWidth", blocked_ranges AS "blockedRanges", quota, used,
  paused, generation`;
