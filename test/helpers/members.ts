import type { GraphqlAnswer } from './graphql';
import { noteSecret } from './run';
import { eventually, type TestServer } from './server';

type Server = Pick<TestServer, 'graphql'>;
type Args = Readonly<Record<string, unknown>>;

const MEMBER = `id hostId syncId addedAt invitation user { id username }
  latestEnrolment { id status channel invitation }`;

/** One mutation about a member, with its arguments and what the answer is to hold. */
function change(
  { graphql }: Server,
  field: string,
  { token, types, args, selection = `{ ${MEMBER} }` }: Call,
): Promise<GraphqlAnswer<any>> {
  const given = Object.keys(args);
  const declared = given.map((name) => `$${name}: ${types[name] ?? 'String'}`).join(', ');
  const passed = given.map((name) => `${name}: $${name}`).join(', ');
  return graphql(`mutation (${declared}) { ${field}(${passed}) ${selection} }`, args, { token });
}
interface Call {
  readonly token: string | undefined;
  readonly types: Readonly<Record<string, string>>;
  readonly args: Args;
  readonly selection?: string;
}
const IDS = { projectId: 'ID!', userId: 'ID!' };

export const tryAddMember = (
  server: Server,
  token: string | undefined,
  args: Args,
  selection?: string,
): Promise<GraphqlAnswer<any>> =>
  change(server, 'addProjectMember', {
    ...{ token, args, types: { ...IDS, invite: 'Boolean' } },
    ...(selection === undefined ? {} : { selection }),
  });

/** @throws Error where it is refused */
export async function addMember(server: Server, token: string, args: Args): Promise<any> {
  const { data, errors } = await tryAddMember(server, token, args);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.addProjectMember;
}

export const updateMember = (
  server: Server,
  token: string | undefined,
  args: Args,
): Promise<GraphqlAnswer<any>> =>
  change(server, 'updateProjectMember', { token, args, types: IDS });

export const removeMember = (
  server: Server,
  token: string | undefined,
  args: Args,
): Promise<GraphqlAnswer<any>> =>
  change(server, 'removeProjectMember', { token, args, types: IDS, selection: '' });

export const inviteMember = (
  server: Server,
  token: string | undefined,
  args: Args,
): Promise<GraphqlAnswer<any>> =>
  change(server, 'inviteProjectMember', {
    ...{ token, args, types: { ...IDS, channel: 'DeliveryChannel' } },
  });

/** One member by one of his keys; null where there is none. */
export async function memberBy(
  { graphql }: Server,
  token: string,
  projectId: string,
  key: Readonly<Partial<Record<'userId' | 'hostId' | 'syncId', string | null>>>,
): Promise<any> {
  const { data, errors } = await graphql(
    `query ($projectId: ID!, $userId: ID, $hostId: String, $syncId: String) {
       project(id: $projectId) { member(userId: $userId, hostId: $hostId, syncId: $syncId) { ${MEMBER} } } }`,
    { projectId, ...key },
    { token },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.project.member;
}

/** The code of the newest invitation that was mailed to this address, other than those in `known`. */
export async function invitedCode(
  server: Pick<TestServer, 'mails'>,
  email: string,
  known: readonly string[] = [],
): Promise<string> {
  return eventually(async () => {
    const codes = await mailedCodes(server, email);
    return codes.find((code) => !known.includes(code));
  });
}

/** All that were mailed there, newest first. */
export async function mailedCodes(
  { mails }: Pick<TestServer, 'mails'>,
  email: string,
): Promise<string[]> {
  const sent = (await mails()).filter(({ to }) => to.includes(email));
  const codes = sent.flatMap(({ text }) => /\/i#([\w-]{22})/.exec(text)?.[1] ?? []);
  codes.forEach(noteSecret);
  return codes;
}
