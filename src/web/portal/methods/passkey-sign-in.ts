import type { Client } from 'urql';
import { problemIn, problemOf, type Problem } from '../../shared/errors.js';
import { FINISH_PASSKEY_SIGN_IN, START_PASSKEY_SIGN_IN } from './documents.js';
import { showPasskey } from './passkeys.js';

/** The whole ceremony; what went wrong, if anything did. */
export async function signInWithPasskey(client: Client): Promise<Problem | undefined> {
  const { data, error } = await client.mutation(START_PASSKEY_SIGN_IN, {}).toPromise();
  if (!data) return problemOf(error ?? {});
  const { id, options } = data.startPasskeySignIn;
  const end = await showPasskey(options);
  if ('problem' in end) return end.problem;
  return finishPasskeySignIn(client, id, end.response);
}

export async function finishPasskeySignIn(
  client: Client,
  id: string,
  response: string,
): Promise<Problem | undefined> {
  return problemIn(await client.mutation(FINISH_PASSKEY_SIGN_IN, { id, response }).toPromise());
}
