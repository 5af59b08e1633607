import { useCallback, useEffect, useState } from 'react';
import { useClient, type Client } from 'urql';
import { problemOf, type Problem } from '../../shared/errors.js';
import { VIEWER, type PortalUser } from './documents.js';
import type { SessionEnd } from './session-end.js';

type ViewerState =
  | { readonly kind: 'LOADING' }
  | { readonly kind: 'UNREACHABLE'; readonly problem: Problem }
  /** `ended`: there was a session a moment ago. */
  | { readonly kind: 'SIGNED_OUT'; readonly ended: boolean }
  | {
      readonly kind: 'SIGNED_IN';
      readonly user: PortalUser;
      readonly isPasswordAlone: boolean;
      /** At which identity provider the viewer has signed in, last; null: at none. */
      readonly identityProvider: string | null;
    };

interface ViewerHandle {
  readonly state: ViewerState;
  readonly reload: () => Promise<void>;
  readonly signedOut: () => void;
}

/** Who is signed in, as the server sees it. */
export function useViewer(sessionEnd: SessionEnd): ViewerHandle {
  const client = useClient();
  const [state, setState] = useState<ViewerState>({ kind: 'LOADING' });

  const reload = useCallback(async () => {
    setState(await ask(client));
  }, [client]);

  useEffect(() => {
    void ask(client).then(setState);
    return sessionEnd.subscribe(() => {
      setState((before) =>
        before.kind === 'SIGNED_IN' ? { kind: 'SIGNED_OUT', ended: true } : before,
      );
    });
  }, [client, sessionEnd]);

  const signedOut = useCallback(() => {
    setState({ kind: 'SIGNED_OUT', ended: false });
  }, []);
  return { state, reload, signedOut };
}

async function ask(client: Client): Promise<ViewerState> {
  const { data, error } = await client.query(VIEWER, {}).toPromise();
  const viewer = data?.viewer;
  if (viewer?.user) {
    const isPasswordAlone = viewer.evidence.every(({ method }) => method === 'PASSWORD');
    const atProvider = viewer.evidence.findLast(({ method }) => method === 'SAML');
    const identityProvider = atProvider?.provider ?? null;
    return { kind: 'SIGNED_IN', user: viewer.user, isPasswordAlone, identityProvider };
  }
  const problem = error && problemOf(error);
  if (problem && problem.code !== 'UNAUTHENTICATED') return { kind: 'UNREACHABLE', problem };
  return { kind: 'SIGNED_OUT', ended: false };
}
