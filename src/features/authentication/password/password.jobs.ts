import type { UserId } from '../../../kernel/ids.js';
import { outboxJob } from '../../../platform/outbox.js';

/** Somebody asked for a new password: of this user, if there is such a user. */
export const prepareResetJob = outboxJob<{ readonly userId: UserId }>('prepare-password-reset', 10);
