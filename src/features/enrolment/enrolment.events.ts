import type { EnrolmentId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';

/** It has ended without a mobile ID: cancelled, failed, run out, or a newer one took its place. */
export const enrolmentGivenUp = eventType<{ readonly enrolmentId: EnrolmentId }>(
  'enrolment.given-up',
);
