import type { GraphqlAnswer } from './graphql';
import { noteSecret } from './run';
import { eventually, type TestServer } from './server';

const LINK = /\/set-password#(\S+)/;

/** The newest link to set a password that was mailed to `address`, if it is not among `known` ones; its token. */
export async function linkMailedTo(
  server: TestServer,
  address: string,
  known: readonly string[] = [],
): Promise<string> {
  const token = await eventually(async () => {
    const tokens = await linksMailedTo(server, address);
    return tokens.find((each) => !known.includes(each));
  });
  noteSecret(token);
  return token;
}

/** The tokens of all links that were mailed to `address`, newest first. */
export async function linksMailedTo(server: TestServer, address: string): Promise<string[]> {
  const mails = await server.mails();
  return mails.filter(({ to }) => to === address).flatMap(({ text }) => LINK.exec(text)?.[1] ?? []);
}

export function requestReset(
  server: Pick<TestServer, 'graphql'>,
  username: string,
  from?: string,
): Promise<GraphqlAnswer<any>> {
  return server.graphql(
    'mutation ($username: String!) { requestPasswordReset(username: $username) }',
    { username },
    from === undefined ? {} : { headers: { 'x-forwarded-for': from } },
  );
}

export function setPassword(
  server: Pick<TestServer, 'graphql'>,
  token: string,
  password: string,
): Promise<GraphqlAnswer<any>> {
  return server.graphql(
    'mutation ($token: String!, $password: String!) { setPassword(token: $token, password: $password) }',
    { token, password },
  );
}

export function changePassword(
  server: Pick<TestServer, 'graphql'>,
  token: string,
  current: string,
  password: string,
): Promise<GraphqlAnswer<any>> {
  return server.graphql(
    `mutation ($current: String!, $password: String!) { changePassword(current: $current, password: $password) {
       token viewer { evidence { method } } } }`,
    { current, password },
    { token },
  );
}

/** Lets so much time pass, for the links of this user. */
export async function ageLinks(
  { database }: TestServer,
  userId: string,
  interval: string,
): Promise<void> {
  await database.query(
    `UPDATE password_link SET created_at = created_at - $2::interval, expires_at = expires_at - $2::interval WHERE user_id = $1`,
    [userId, interval],
  );
}

/** Waits until every request for a link has been looked into, and every mail has gone out. */
export async function outboxIsEmpty({ database }: TestServer): Promise<void> {
  await eventually(async () => {
    const jobs = await database.query('SELECT id FROM graphile_worker.jobs');
    return jobs.length === 0 ? true : undefined;
  });
}
