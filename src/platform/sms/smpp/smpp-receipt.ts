import type { Pdu } from 'smpp';
import type { ReceiptOutcome } from '../sms-gateway.js';

export interface Receipt {
  readonly reference: string;
  /** Null: on its way still. */
  readonly outcome: ReceiptOutcome | null;
}

/** SMPP 3.4 section 5.2.12: bits 5 to 2 say what kind of message it is, 0001 a delivery receipt. */
const MESSAGE_TYPE = 0b0011_1100;
const DELIVERY_RECEIPT = 0b0000_0100;

/** Section 5.2.28. */
const STATES: Readonly<Record<number, ReceiptOutcome>> = {
  2: 'DELIVERED',
  3: 'UNDELIVERABLE', // expired
  4: 'UNDELIVERABLE', // deleted
  5: 'UNDELIVERABLE',
  8: 'UNDELIVERABLE', // rejected
};
/** The same in the text, appendix B. */
const WORDS: Readonly<Record<string, ReceiptOutcome>> = {
  DELIVRD: 'DELIVERED',
  EXPIRED: 'UNDELIVERABLE',
  DELETED: 'UNDELIVERABLE',
  UNDELIV: 'UNDELIVERABLE',
  REJECTD: 'UNDELIVERABLE',
};

/** What a deliver_sm tells of a message that was sent; null where it is something else, such as an answer of the user. */
export function receiptIn(pdu: Pdu): Receipt | null {
  if (((pdu.esm_class ?? 0) & MESSAGE_TYPE) !== DELIVERY_RECEIPT) return null;
  const text = textOf(pdu.short_message);
  const reference = pdu.receipted_message_id ?? /\bid:([^ ]{1,65})/i.exec(text)?.[1];
  if (reference === undefined || reference === '') return null;
  return { reference, outcome: outcomeOf(pdu, text) };
}

function outcomeOf({ message_state: state }: Pdu, text: string): ReceiptOutcome | null {
  if (state !== undefined) return STATES[state] ?? null;
  const word = /\bstat:([A-Z]{1,7})/i.exec(text)?.[1]?.toUpperCase() ?? '';
  return Object.hasOwn(WORDS, word) ? (WORDS[word] ?? null) : null;
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  if (Buffer.isBuffer(message)) return message.toString('latin1');
  if (typeof message !== 'object' || message === null || !('message' in message)) return '';
  return textOf(message.message);
}
