import type { MessageTemplate, MessageChannel } from './message.js';

interface Plan {
  /** Seconds between one attempt and the next; the last of them for all further ones. */
  readonly pauses: readonly number[];
  /** Beginning with when it was queued. */
  readonly patienceSeconds: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** RFC 5321 section 4.5.4.1: given up after four to five days at the earliest, unless there is nothing left to say before. */
const MAIL: Plan = {
  pauses: [5, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR],
  patienceSeconds: 4 * DAY,
};
/** A code that comes later helps nobody, and each attempt may be billed. */
const CODE_BY_SMS: Plan = { pauses: [3, 8, 20, 60], patienceSeconds: 4 * MINUTE };
const SMS: Plan = {
  pauses: [5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR],
  patienceSeconds: DAY,
};

function planOf(channel: MessageChannel, template: MessageTemplate): Plan {
  if (channel === 'EMAIL') return MAIL;
  return template === 'SIGN_IN_CODE' ? CODE_BY_SMS : SMS;
}

/** When a message is tried again after `attempts` that failed; null where it is given up. */
export function nextAttempt(
  message: {
    readonly channel: MessageChannel;
    readonly template: MessageTemplate;
    readonly attempts: number;
    readonly queuedAt: Date;
  },
  now: Date,
): Date | null {
  const { pauses, patienceSeconds } = planOf(message.channel, message.template);
  const pause = pauses[Math.min(message.attempts, pauses.length) - 1] ?? pauses[0] ?? 0;
  const at = now.getTime() + pause * 1000;
  return at > message.queuedAt.getTime() + patienceSeconds * 1000 ? null : new Date(at);
}
