import { callerOf, type ConnectionOptions } from './server-api.js';

const OPENED = `mutation Opened($code: String!) { noteInvitationOpened(code: $code) }`;

/** Tells the server that somebody has the link open; false where it knows no such code. Fails with `ServerError` where that leads nowhere any more. */
export async function noteInvitationOpened(
  options: ConnectionOptions,
  code: string,
): Promise<boolean> {
  const call = { query: OPENED, field: 'noteInvitationOpened', variables: { code } };
  return (await callerOf(options)(call)) === true;
}
