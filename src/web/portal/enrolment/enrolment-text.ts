import type { EnrolmentStatus, Stage } from '../../shared/enrolment-timeline.js';
import { sentenceOfCode } from '../../shared/errors.js';

/** What the sentences speak of. */
export interface EnrolmentFacts {
  readonly channel: string | null;
  /** Where a mailed code goes. */
  readonly address: string | null;
  readonly device: string | null;
  readonly failureCode: string | null;
  /** Another session ordered, and only that one is shown the code. */
  readonly codeIsElsewhere?: boolean;
}

export interface StatusText {
  readonly title: string;
  readonly sentence: string;
}

/** What a person reads in each status; each has a sentence of its own. */
export function statusText(status: EnrolmentStatus, facts: EnrolmentFacts): StatusText {
  return TEXTS[status](facts);
}

const TEXTS: Readonly<Record<EnrolmentStatus, (facts: EnrolmentFacts) => StatusText>> = {
  DELIVERING: ({ channel, address }) => ({
    title: 'Sending your code',
    sentence: `We are sending your code to ${goal(channel, address)}.`,
  }),
  WAITING_FOR_SCAN: (facts) => waitingText(facts),
  CODE_EXPIRED: () => ({
    title: 'This code has run out',
    sentence: 'Nobody scanned it in time. Your order is still there; a new code takes it on.',
  }),
  SCANNED: ({ device }) => ({
    title: `Scanned by ${phone(device)}`,
    sentence: 'Go on with the phone: it shows what it will make, and makes your keys.',
  }),
  AWAITING_CONFIRMATION: ({ device }) => ({
    title: 'Is this your phone?',
    sentence: `${phone(device, 'A phone')} has scanned your code and shows six digits. It goes on once they are typed in here.`,
  }),
  CONFIRMED: ({ device }) => ({
    title: 'Phone confirmed',
    sentence: `${phone(device, 'A phone')} makes your keys now.`,
  }),
  ISSUING: () => ({
    title: 'Issuing your certificates',
    sentence: 'The phone has made its keys. Your certificates are being issued.',
  }),
  ACTIVE: ({ device }) => ({
    title: 'Your mobile ID is active',
    sentence: `It is ready to use on your phone${device === null ? '' : ` (${device})`}.`,
  }),
  CANCELLED: () => ({
    title: 'Order cancelled',
    sentence: 'This order was cancelled. No mobile ID was made.',
  }),
  EXPIRED: () => ({
    title: 'Order expired',
    sentence: 'This order was not finished in time. No mobile ID was made.',
  }),
  FAILED: ({ failureCode }) => ({
    title: 'That did not work',
    sentence: `No mobile ID was made. ${failureSentence(failureCode)}`,
  }),
  SUPERSEDED: () => ({
    title: 'Replaced by a newer order',
    sentence: 'You have ordered again since, and the newer order counts.',
  }),
};

function waitingText({ channel, address, codeIsElsewhere }: EnrolmentFacts): StatusText {
  if (codeIsElsewhere === true) {
    return {
      title: 'Waiting for your phone',
      sentence: 'The code is shown only where it was ordered. Scan it there, or order again here.',
    };
  }
  if (channel === null || channel === 'SCREEN') {
    return {
      title: 'Scan this code with your phone',
      sentence:
        'Point your phone’s camera at the code and open the link it shows. Keep this page open: it says when your mobile ID is active.',
    };
  }
  return {
    title: 'Look into your messages',
    sentence: `We have sent your code to ${goal(channel, address)}. Scan it with your phone, or open its link there.`,
  };
}

interface StageText {
  readonly ahead: string;
  readonly current: string;
  readonly done: string;
  readonly stopped: string;
}

/** The stages of the live list, in the tense that fits their state. */
export const STAGE_TEXT: Readonly<Record<Stage, StageText>> = {
  SEND: {
    ahead: 'Send the code',
    current: 'Sending the code',
    done: 'Code sent',
    stopped: 'Code not sent',
  },
  SCAN: {
    ahead: 'Scan the code',
    current: 'Waiting for your phone',
    done: 'Scanned',
    stopped: 'Not scanned',
  },
  CONFIRM: {
    ahead: 'Confirm the phone',
    current: 'Waiting for confirmation',
    done: 'Phone confirmed',
    stopped: 'Phone not confirmed',
  },
  ISSUE: {
    ahead: 'Issue certificates',
    current: 'Making keys and certificates',
    done: 'Certificates issued',
    stopped: 'No certificates issued',
  },
  ACTIVE: {
    ahead: 'Mobile ID active',
    current: 'Mobile ID active',
    done: 'Mobile ID active',
    stopped: 'Not active',
  },
};

function failureSentence(code: string | null): string {
  if (code === 'CONFIRMATION_WRONG') return 'The code was typed wrongly too often.';
  return code === null ? 'Please start a new order.' : sentenceOfCode(code);
}

function goal(channel: string | null, address: string | null): string {
  if (channel === 'SMS') return 'your phone';
  return address ?? 'your e-mail address';
}

function phone(device: string | null, unnamed = 'a phone'): string {
  return device === null || device.trim() === '' ? unnamed : device;
}
