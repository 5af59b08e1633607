import { adviceOn, type Advice } from '../advice.js';

type Text = readonly [title: string, next: string, retry?: 'retry'];

const NEW_ORDER = 'Sign in another way and order a new one.';

/** Where renewing a mobile ID has other words than an order. */
const ADVICE: Readonly<Record<string, Text>> = {
  DEVICE_PROOF_REJECTED: [
    'The server does not accept the key of this mobile ID',
    `It was renewed elsewhere, revoked, or this phone’s clock is wrong. If setting the clock to automatic does not help: ${NEW_ORDER}`,
    'retry',
  ],
  INVALID_TRANSITION: [
    'This mobile ID cannot be renewed',
    `It is suspended, was revoked, has run out, or cannot be renewed yet. If it no longer works: ${NEW_ORDER}`,
  ],
  CONFLICT: [
    'This mobile ID was renewed already',
    `Its new keys are not on this phone any more. ${NEW_ORDER}`,
  ],
  NOT_FOUND: ['This mobile ID is not there any more', NEW_ORDER],
  USER_NOT_ACTIVE: [
    'The account is not active',
    'Ask the people who run this service. This mobile ID stays as it is.',
  ],
};

/** A sentence and a way on for whatever was thrown while a mobile ID was renewed. */
export function renewalAdviceOn(error: unknown): Advice {
  const advice = adviceOn(error);
  const [title, next, retry] = ADVICE[advice.code] ?? [];
  if (title === undefined || next === undefined) return advice;
  return { code: advice.code, title, next, retry: retry !== undefined };
}
