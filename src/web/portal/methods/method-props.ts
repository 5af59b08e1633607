import type { PortalUser } from '../sign-in/documents.js';

/** What every component that takes a proof is given. */
export interface MethodProps {
  /** It is the only way on offer, so there is nothing to choose. */
  readonly alone: boolean;
  /** Who is signed in already; undefined where the proof is to open a session. */
  readonly user: PortalUser | undefined;
  /** Told when the viewer has chosen this way. */
  readonly onBegin: () => void;
  /** After the proof; what waits for it goes on. */
  readonly onProven: () => Promise<void>;
}
