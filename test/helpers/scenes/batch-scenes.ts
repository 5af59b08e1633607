import { randomUUID } from 'node:crypto';
import { given, type Scene, type Setters, type Setting } from './scene';

/** Orders for many: for somebody who does not exist, so that nothing else changes. */
export function batchScenes(setting: Setting): Setters {
  const { projectId } = setting.cast;
  return {
    createEnrolments: () => given({ projectId, input: { userIds: [randomUUID()] } }),
    cancelEnrolmentBatch: () => runningBatch(setting),
    enrolmentBatch: () => runningBatch(setting),
    enrolmentBatches: () => given({ projectId }),
  };
}

/** One without a job, which runs until it is cancelled. */
async function runningBatch({ server, cast }: Setting): Promise<Scene> {
  const [made] = await server.database.query<{ id: string }>(
    `INSERT INTO enrolment_batch (id, project_id, state, channel, certificates, skips_holders, total, ordered_by, scopes, order_digest, created_at)
     VALUES (gen_random_uuid(), $1, 'RUNNING', 'SCREEN', '{SIGNATURE}', false, 1, $2, '{}', '', now()) RETURNING id`,
    [cast.projectId, cast.operator.id],
  );
  return { args: { id: made?.id } };
}
