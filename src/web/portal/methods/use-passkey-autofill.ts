import { browserSupportsWebAuthnAutofill, WebAuthnAbortService } from '@simplewebauthn/browser';
import { useEffect, useState } from 'react';
import { useClient, type Client } from 'urql';
import type { Problem } from '../../shared/errors.js';
import { START_PASSKEY_SIGN_IN } from './documents.js';
import { isPasskeyKnown } from './known-passkey.js';
import { finishPasskeySignIn } from './passkey-sign-in.js';
import { showPasskey } from './passkeys.js';

/**
 * While `enabled`, a browser that has used a passkey here before offers it in the field of the user name. Returns what
 * went wrong with one that was chosen.
 */
export function usePasskeyAutofill(
  enabled: boolean,
  onSignedIn: () => Promise<void>,
): Problem | undefined {
  const client = useClient();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    if (!enabled || !isPasskeyKnown()) return undefined;
    const stop = new AbortController();
    void offer(client, stop.signal).then(async (end) => {
      if (stop.signal.aborted || end === 'NOT_CHOSEN') return;
      if (end === 'SIGNED_IN') await onSignedIn();
      else setProblem(end);
    });
    return () => {
      stop.abort();
      WebAuthnAbortService.cancelCeremony();
    };
  }, [client, enabled, onSignedIn]);
  return problem;
}

/** Ends when a passkey is chosen, when its few minutes are over, or when another dialogue begins. */
async function offer(
  client: Client,
  stop: AbortSignal,
): Promise<'SIGNED_IN' | 'NOT_CHOSEN' | Problem> {
  if (!(await browserSupportsWebAuthnAutofill())) return 'NOT_CHOSEN';
  const { data } = await client.mutation(START_PASSKEY_SIGN_IN, {}).toPromise();
  if (!data || stop.aborted) return 'NOT_CHOSEN';
  const { id, options } = data.startPasskeySignIn;
  const end = await showPasskey(options, true);
  if ('problem' in end) return 'NOT_CHOSEN';
  return (await finishPasskeySignIn(client, id, end.response)) ?? 'SIGNED_IN';
}
