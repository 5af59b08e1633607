import { PHONE_PROBLEMS, PhoneError, ServerError } from './problem.js';

/** What a person with the phone in hand is told. */
export interface Advice {
  readonly code: string;
  /** What happened. */
  readonly title: string;
  /** What to do now. */
  readonly next: string;
  /** Whether the same step may work when it is tried again. */
  readonly retry: boolean;
}

type Text = readonly [title: string, next: string, retry?: 'retry'];

const NEW_ORDER =
  'Order the mobile ID again on the page where you got the code, then scan the new code.';
const ASK_SUPPORT = 'Ask the people who run this service. Nothing was stored on this phone.';
const NEWEST_CODE = 'Scan the code that the page shows now. If it shows none, order again there.';

const ADVICE: Readonly<Record<string, Text>> = {
  NO_ANSWER: [
    'The server does not answer',
    'Check this phone’s connection, then try again. It goes on where it stopped.',
    'retry',
  ],
  CODE_UNKNOWN: ['This code is not known', NEWEST_CODE],
  CODE_EXPIRED: [
    'This code has run out',
    'Ask for a new code on the page that showed it, and scan that one.',
  ],
  ENROLMENT_EXPIRED: ['The time for this order is over', NEW_ORDER],
  ENROLMENT_CANCELLED: [
    'This order was cancelled',
    `Nothing was stored. ${NEW_ORDER} If it came to you by mail or text message, ask those who sent it.`,
  ],
  ENROLMENT_SUPERSEDED: [
    'A newer order has taken its place',
    'If it came to you by mail or text message, use the newest one that you have got. Else scan the code that the page shows now; if it shows none, order again there.',
  ],
  ENROLMENT_TAKEN: [
    'Another phone has scanned this code',
    'If that was your other phone, go on there. If it was not you, cancel the order on the page and order again.',
  ],
  ENROLMENT_COMPLETED: [
    'This order is finished',
    'The mobile ID is already on a phone. For one on this phone, order again.',
  ],
  DEVICE_PROOF_REJECTED: [
    'The server could not recognise this phone',
    'Open the link exactly as it stands in the code, and set this phone’s clock to automatic.',
    'retry',
  ],
  CONFIRMATION_REQUIRED: [
    'The confirmation is still missing',
    'Enter the code that this phone shows on the page, then try again.',
    'retry',
  ],
  CONFIRMATION_WRONG: [
    'The confirmation failed',
    `The wrong code was entered too often. ${NEW_ORDER}`,
  ],
  CSR_REJECTED: [
    'The server did not accept the keys',
    'Try again: this phone will make new ones. If that does not help, ask the people who run this service.',
    'retry',
  ],
  RATE_LIMITED: ['Too many attempts', 'Wait a minute, then try again.', 'retry'],
  USER_NOT_ACTIVE: ['The account is not active', ASK_SUPPORT],
  PROFILE_LIMIT_REACHED: [
    'There is no room for another mobile ID',
    'Have an old one revoked first, then order again.',
  ],
  PROVISIONING_DISABLED: ['Mobile IDs are not issued at present', ASK_SUPPORT],
  ACTIVATION_PAUSED: ['Activation is paused', 'Scan the code again later.'],
  ACTIVATION_CODE_ROTATED: ['This code was replaced', 'Ask for the present activation code.'],
  QUOTA_REACHED: ['All mobile IDs of this programme are taken', ASK_SUPPORT],
  ID_RANGE_EXHAUSTED: ['All IDs of this programme are taken', ASK_SUPPORT],
  INVALID_TRANSITION: ['This step is not possible any more', NEWEST_CODE],
  CONFLICT: ['Something else changed this order', 'Try again.', 'retry'],
  INVALID_INPUT: [
    'The server did not understand this phone',
    'Reload the page and try again.',
    'retry',
  ],
  UNAUTHENTICATED: ['The server does not recognise this phone any more', NEWEST_CODE],
  FORBIDDEN: ['The server does not allow this', ASK_SUPPORT],
  NOT_FOUND: ['This order is not there any more', NEW_ORDER],
  INVALID_CREDENTIALS: ['The server does not allow this', ASK_SUPPORT],
  INSUFFICIENT_USER_AUTHENTICATION: ['The server does not allow this', ASK_SUPPORT],
  CERTIFICATE_NOT_SELECTABLE: ['These certificates are not issued any more', NEW_ORDER],
  CHANNEL_NOT_AVAILABLE: ['This order cannot be finished', NEW_ORDER],
  WRONG_PROJECT_MODE: ['This order cannot be finished', ASK_SUPPORT],
  INTERNAL: [
    'Something went wrong on the server',
    'Try again in a moment. It goes on where it stopped.',
    'retry',
  ],
  LINK_NOT_UNDERSTOOD: [
    PHONE_PROBLEMS.LINK_NOT_UNDERSTOOD,
    'Scan the code again, or open the link exactly as it was sent.',
  ],
  ALGORITHM_NOT_SUPPORTED: [
    PHONE_PROBLEMS.ALGORITHM_NOT_SUPPORTED,
    'Use another phone or browser, or ask the people who run this service.',
  ],
  TASK_NOT_SUPPORTED: [
    PHONE_PROBLEMS.TASK_NOT_SUPPORTED,
    'Reload the page and try again.',
    'retry',
  ],
  NOTHING_PENDING: [PHONE_PROBLEMS.NOTHING_PENDING, 'Scan the code again.'],
  NO_MATCHING_MOBILE_ID: [
    PHONE_PROBLEMS.NO_MATCHING_MOBILE_ID,
    'Scan the code with the phone that has it.',
  ],
  NUMBER_NOT_UNDERSTOOD: [
    PHONE_PROBLEMS.NUMBER_NOT_UNDERSTOOD,
    'Type the two digits that the page shows.',
    'retry',
  ],
  MESSAGE_NOT_UNDERSTOOD: [
    PHONE_PROBLEMS.MESSAGE_NOT_UNDERSTOOD,
    'Choose a mail (.eml) or its encrypted attachment (smime.p7m).',
    'retry',
  ],
  MESSAGE_NOT_SUPPORTED: [
    PHONE_PROBLEMS.MESSAGE_NOT_SUPPORTED,
    'Ask the sender to encrypt with AES, and for an RSA key with OAEP padding.',
    'retry',
  ],
  MESSAGE_DAMAGED: [PHONE_PROBLEMS.MESSAGE_DAMAGED, 'Ask the sender to send it again.', 'retry'],
  NO_MATCHING_KEY: [
    PHONE_PROBLEMS.NO_MATCHING_KEY,
    'If it was for an earlier phone, order a mobile ID that brings along its encryption key.',
    'retry',
  ],
  NO_SUCH_MOBILE_ID: [PHONE_PROBLEMS.NO_SUCH_MOBILE_ID, 'Renew it on the phone that has it.'],
  NOT_RENEWABLE: [PHONE_PROBLEMS.NOT_RENEWABLE, 'Order a new mobile ID before it runs out.'],
  REPLACED: [PHONE_PROBLEMS.REPLACED, 'Renew that one.'],
  RENEWABLE_LATER: [PHONE_PROBLEMS.RENEWABLE_LATER, 'It is good for a while. Come back later.'],
  ANSWER_REJECTED: [
    PHONE_PROBLEMS.ANSWER_REJECTED,
    'They were not stored. Try again; if that does not help, ask the people who run this service.',
    'retry',
  ],
};

const SCAN_AGAIN = 'Scan the code again.';

/** Where the code is one for all: nobody has ordered, and nobody need order again. */
const SHARED_ADVICE: Readonly<Record<string, Text>> = {
  ENROLMENT_EXPIRED: ['The time for this was over', SCAN_AGAIN],
  ENROLMENT_CANCELLED: ['This was cancelled', `Nothing was stored. ${SCAN_AGAIN}`],
  ENROLMENT_SUPERSEDED: ['This was begun anew', SCAN_AGAIN],
  ENROLMENT_COMPLETED: ['This is finished', SCAN_AGAIN],
  CONFIRMATION_REQUIRED: [
    'The confirmation is still missing',
    'Read the code that this phone shows to the operator, then try again.',
    'retry',
  ],
  CONFIRMATION_WRONG: [
    'The confirmation failed',
    `The wrong code was entered too often. ${SCAN_AGAIN}`,
  ],
  NOT_FOUND: ['This is not there any more', SCAN_AGAIN],
  UNAUTHENTICATED: ['The server does not recognise this phone any more', SCAN_AGAIN],
  INVALID_TRANSITION: ['This step is not possible any more', SCAN_AGAIN],
};

interface Way {
  readonly texts: Readonly<Record<string, Text>>;
  /** How to begin anew. */
  readonly anew: string;
}
const SHARED: Way = { texts: SHARED_ADVICE, anew: SCAN_AGAIN };
const ORDERED: Way = { texts: {}, anew: NEW_ORDER };

const UNFORESEEN: Text = ['Something went wrong on this phone', 'Try again.', 'retry'];

/**
 * A sentence and a way on for whatever the phone threw. An enrolment that has ended is never retried.
 * @param isShared whether the code is a project's activation code, which is for all phones
 */
export function adviceOn(
  error: unknown,
  { isShared = false }: { readonly isShared?: boolean } = {},
): Advice {
  const known = error instanceof ServerError || error instanceof PhoneError;
  const code = known ? error.code : 'UNFORESEEN';
  const ended = error instanceof ServerError && error.ended;
  const own = isShared ? SHARED : ORDERED;
  const [title, next, retry] = own.texts[code] ?? textFor(code, known);
  if (ended && retry !== undefined) return { code, title, next: own.anew, retry: false };
  return { code, title, next, retry: retry !== undefined };
}

function textFor(code: string, known: boolean): Text {
  if (!known) return UNFORESEEN;
  return ADVICE[code] ?? ['The server refused', ASK_SUPPORT];
}
