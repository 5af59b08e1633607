import { DeliveryError } from '../delivery/delivery-error.js';

/** Two or three lines for one phone. */
export interface TextMessage {
  /** E.164. */
  readonly to: string;
  readonly text: string;
  /** The same for each repeat of one message, so that a gateway that took it already does not send, and bill, it twice. */
  readonly messageId: string;
}

/** Nobody took the message. */
export class SmsError extends DeliveryError {
  override readonly name = 'SmsError';
}

/** What became of a message that was taken: it is on the phone, or never will be. */
export type ReceiptOutcome = 'DELIVERED' | 'UNDELIVERABLE';

/** @returns whether the message is known; where it is not yet, the gateway tells it again */
export type OnReceipt = (reference: string, outcome: ReceiptOutcome) => Promise<boolean>;

/** One way to the phones. */
export interface SmsGateway {
  /** Begins of references, so that those of two gateways differ; never with a secret in it. */
  readonly name: string;
  /** @returns what receipts call the message, where there will be any. @throws SmsError */
  send(message: TextMessage): Promise<string | null>;
  /** Where the gateway tells what became of messages. */
  listen(onReceipt: OnReceipt): void;
  close(): Promise<void>;
}
