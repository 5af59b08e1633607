import type { AuthenticationMethod } from '../../kernel/actor.js';
import type { UserId } from '../../kernel/ids.js';
import { eventType } from '../../platform/event-handlers.js';

/**
 * A means of proving identity no longer stands: a passkey, an authenticator, a certificate, a password. What was proven with it
 * is taken back in all sessions, and somebody must still be able to get in as administrator.
 */
export const credentialRemoved = eventType<{
  readonly userId: UserId;
  readonly method: AuthenticationMethod;
  /** Null: whatever was proven by the method. */
  readonly credential: string | null;
}>('authentication.credential-removed');
