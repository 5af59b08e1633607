import { createContext, use } from 'react';
import type { OrderChoice } from '../order/order-choice.js';
import type { PortalUser } from './documents.js';

interface Session {
  readonly user: PortalUser;
  /** Nothing but a password opened the session. */
  readonly isPasswordAlone: boolean;
  /** For what notices the end of the session outside the GraphQL client, such as a closed socket. */
  readonly notifyEnd: () => void;
  /** What was chosen but not ordered yet, by user and project: it outlives an ended session. */
  readonly drafts: Map<string, OrderChoice>;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === undefined) throw new Error('Only pages behind sign-in have a session.');
  return session;
}
