import { eventType } from '../../../platform/event-handlers.js';
import type { MessageState, MessageSubject } from './message.js';

/** Where a message has got to. An earlier message about the same is not `isLatest`, whatever becomes of it. */
export interface MessageMoved extends MessageSubject {
  readonly state: MessageState;
  readonly isLatest: boolean;
}

export const messageMoved = eventType<MessageMoved>('message-moved');
