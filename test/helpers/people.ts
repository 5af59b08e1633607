import { noteSecret, testRun } from './run';
import type { TestServer } from './server';

/** A server that can be asked and whose mails can be read, in this process or in another. */
export type CallableServer = Pick<TestServer, 'graphql' | 'mails' | 'mailTo'>;

/** The one-time code in a mail: six digits that stand alone, not within a name. */
export function sixDigitsIn(text: string): string {
  const code = /(?<![\w-])\d{6}(?![\w-])/.exec(text)?.[0];
  if (code === undefined) throw new Error('There is no code in this text.');
  return code;
}

/** Signs in by password and gives the session's token. */
export async function signIn(
  server: Pick<TestServer, 'graphql'>,
  username: string,
  password: string,
): Promise<string> {
  const { data, errors } = await server.graphql(
    `mutation ($username: String!, $password: String!) {
       signInWithPassword(username: $username, password: $password) { token } }`,
    { username, password },
  );
  if (errors.length > 0) throw new Error(`${username}: ${errors[0]?.extensions.code ?? ''}`);
  return data.signInWithPassword.token as string;
}

/** Adds EMAIL_CODE by the mail that the server sends, and gives the new token. */
export async function stepUp(
  server: CallableServer,
  token: string,
  email: string,
): Promise<string> {
  const before = new Set((await server.mails()).map(({ id }) => id));
  await server.graphql('mutation { sendEmailCode }', {}, { token });
  const mail = await server.mailTo(email, ({ id, text }) => !before.has(id) && /\d{6}/.test(text));
  const code = sixDigitsIn(mail.text);
  noteSecret(code);
  const { data, errors } = await server.graphql(
    'mutation ($code: String!) { verifyEmailCode(code: $code) { token } }',
    { code },
    { token },
  );
  if (errors.length > 0) throw new Error(errors[0]?.extensions.code);
  return data.verifyEmailCode.token as string;
}

/** A session of the first administrator with both proofs. */
export async function administrator(server: CallableServer): Promise<string> {
  const token = await signIn(server, 'admin', testRun().adminPassword);
  return stepUp(server, token, 'admin@example.org');
}

export interface Person {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

/** A new user, ACTIVE, with password and address. `roles` are given to him by the administrator. */
export async function createPerson(
  server: CallableServer,
  admin: string,
  username: string,
  roles: readonly string[] = [],
): Promise<Person> {
  const person = { username, email: `${username}@example.org`, password: `secret of ${username}` };
  const { data, errors } = await server.graphql(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
    { input: { ...person, displayName: username } },
    { token: admin },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const { id } = data.createUser as { id: string };
  if (roles.length > 0) {
    const given = await server.graphql(
      'mutation ($id: ID!, $roles: [Role!]!) { setUserRoles(id: $id, roles: $roles) { id } }',
      { id, roles },
      { token: admin },
    );
    if (given.errors.length > 0) throw new Error(JSON.stringify(given.errors));
  }
  return { id, ...person };
}

/** A new project with the given settings; gives its id. */
export async function createProject(
  server: CallableServer,
  admin: string,
  name: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { data, errors } = await server.graphql(
    'mutation ($input: CreateProjectInput!) { createProject(input: $input) { id } }',
    { input: { name, settings } },
    { token: admin },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.createProject.id as string;
}
