import { browserSupportsWebAuthnAutofill, WebAuthnAbortService } from '@simplewebauthn/browser';
import { useEffect, useState } from 'react';
import { useClient, type Client } from 'urql';
import { serverNow } from '../../shared/clock.js';
import type { Problem } from '../../shared/errors.js';
import { START_PASSKEY_SIGN_IN } from './documents.js';
import { finishPasskeySignIn } from './passkey-sign-in.js';
import { showPasskey } from './passkeys.js';

const RENEW_BEFORE_END_MS = 5_000;

/**
 * While `enabled`, the browser offers its passkeys in the field of the user name. Returns what went wrong with one that
 * was chosen.
 */
export function usePasskeyAutofill(
  enabled: boolean,
  onSignedIn: () => Promise<void>,
): Problem | undefined {
  const client = useClient();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    if (!enabled) return undefined;
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

/** One offer after the other, as each is good for a few minutes only, until one is taken or another dialogue begins. */
async function offer(
  client: Client,
  stop: AbortSignal,
): Promise<'SIGNED_IN' | 'NOT_CHOSEN' | Problem> {
  if (!(await browserSupportsWebAuthnAutofill())) return 'NOT_CHOSEN';
  for (;;) {
    const { data } = await client.mutation(START_PASSKEY_SIGN_IN, {}).toPromise();
    if (!data || stop.aborted) return 'NOT_CHOSEN';
    const { id, options, expiresAt } = data.startPasskeySignIn;
    const expiry = { reached: false };
    const timer = setTimeout(
      () => {
        expiry.reached = true;
        WebAuthnAbortService.cancelCeremony();
      },
      Math.max(RENEW_BEFORE_END_MS, Date.parse(expiresAt) - serverNow() - RENEW_BEFORE_END_MS),
    );
    const end = await showPasskey(options, true);
    clearTimeout(timer);
    if ('response' in end)
      return (await finishPasskeySignIn(client, id, end.response)) ?? 'SIGNED_IN';
    if (!expiry.reached) return 'NOT_CHOSEN';
  }
}
