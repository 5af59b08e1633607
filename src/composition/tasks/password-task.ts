import { outboxTask, type OutboxTask } from '../../edge/jobs/outbox-task.js';
import { prepareResetJob } from '../../features/authentication/password/password.jobs.js';
import type { Services } from '../services/services.js';

/** Finds out, after the answer to who asked for it, whether there is a link to be mailed. */
export function passwordTask({ work, passwordLinks }: Services): OutboxTask {
  return outboxTask(prepareResetJob, {
    run: async ({ userId }, jobId) => {
      const request = await work.systemRequest('password-reset', jobId);
      await work.change(request, (scope) => passwordLinks.mailReset(scope, userId));
    },
    giveUp: () => Promise.resolve(),
  });
}
