import { adviceOn, type Advice } from '../advice.js';

type Text = readonly [title: string, next: string];

const ASK_AGAIN = 'Go back to the page that asked, have it ask again, and scan the new code.';

/** Where a question whether it is you has other words than an order. */
const ADVICE: Readonly<Record<string, Text>> = {
  CODE_UNKNOWN: ['This question is not known', ASK_AGAIN],
  CODE_EXPIRED: ['This question has run out', ASK_AGAIN],
  INVALID_TRANSITION: ['This question is already answered', ASK_AGAIN],
  CONFIRMATION_WRONG: [
    'That was not the number on the page',
    'The page was told no. If it was a slip of the finger, have the page ask again, and scan the new code. If you see no page with a number, somebody else is trying to sign in as you: tell the people who run this service.',
  ],
  INVALID_CREDENTIALS: [
    'This mobile ID can no longer be used',
    'It was revoked, suspended or has run out. Sign in another way and order a new one.',
  ],
  DEVICE_PROOF_REJECTED: [
    'The server did not accept the answer',
    `Set this phone’s clock to automatic. ${ASK_AGAIN}`,
  ],
  NO_MATCHING_MOBILE_ID: [
    'The mobile ID for this is not on this phone',
    'Scan the code with the phone that has it, or choose another way on the page.',
  ],
  LINK_NOT_UNDERSTOOD: ['This is not a mobile ID link', ASK_AGAIN],
};

/** A sentence and a way on for whatever was thrown while a question was answered. */
export function proofAdviceOn(error: unknown): Advice {
  const advice = adviceOn(error);
  const [title, next] = ADVICE[advice.code] ?? [];
  if (title === undefined || next === undefined) return advice;
  return { code: advice.code, title, next, retry: false };
}
