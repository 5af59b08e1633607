import { nextAttempt } from '../../../src/features/notifications/messages/retry-plan.js';
import type { MessageTemplate } from '../../../src/features/notifications/messages/message.js';

const QUEUED_AT = new Date('2026-11-22T08:00:00Z');

/** Seconds from the first attempt to each further one, until the message is given up. */
function attempts(channel: 'EMAIL' | 'SMS', template: MessageTemplate): number[] {
  const times: number[] = [];
  let now = QUEUED_AT;
  for (;;) {
    const message = { channel, template, attempts: times.length + 1, queuedAt: QUEUED_AT };
    const next = nextAttempt(message, now);
    if (next === null) return times;
    now = next;
    times.push((next.getTime() - QUEUED_AT.getTime()) / 1000);
  }
}

test('a mail is tried again within seconds, then within minutes, then each hour for four days', () => {
  const times = attempts('EMAIL', 'ENROLMENT_INVITATION');
  expect(times.slice(0, 4)).toEqual([5, 20, 50, 110]);
  expect(times.at(-1)).toBeGreaterThan(4 * 86_400 - 3600);
  expect(times.at(-1)).toBeLessThanOrEqual(4 * 86_400);
});

test('a code by text message is tried five times more at most, within four minutes', () => {
  const times = attempts('SMS', 'SIGN_IN_CODE');
  expect(times.length).toBeLessThanOrEqual(6);
  expect(times.at(-1)).toBeLessThanOrEqual(240);
});

test('an invitation by text message is tried for a day', () => {
  const last = attempts('SMS', 'ENROLMENT_INVITATION').at(-1) ?? 0;
  expect(last).toBeGreaterThan(82_000);
  expect(last).toBeLessThanOrEqual(86_400);
});

test('a message that was queued long ago is given up after the attempt that is under way', () => {
  const message = { channel: 'EMAIL', template: 'PASSWORD_CHANGED', attempts: 1 } as const;
  const longAgo = new Date(QUEUED_AT.getTime() - 5 * 86_400_000);
  expect(nextAttempt({ ...message, queuedAt: longAgo }, QUEUED_AT)).toBeNull();
});
