import type { SessionId, UserId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';

export interface SessionEnded {
  readonly sessionId: SessionId;
  readonly userId: UserId;
}
export const sessionEnded = eventType<SessionEnded>('session.ended');
