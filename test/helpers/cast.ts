import type { DeviceTask } from '../../src/phone/contract';
import { codeOf, type GraphqlAnswer } from './graphql';
import { newName, orderOf, type Order } from './orders';
import { createPerson, createProject, type Person } from './people';
import { HonestOrNotPhone } from './phone';
import { sessionOf } from './sessions';
import type { TestServer } from './server';

/** The people of the tests, each with a session that has given both proofs. */
export interface Cast {
  readonly adminId: string;
  readonly admin: string;
  readonly operator: Person & { readonly token: string };
  readonly alva: Person & { readonly token: string };
  readonly other: Person & { readonly token: string };
  /** Of a project without confirmation. */
  readonly projectId: string;
}

export async function gatherCast(
  server: TestServer,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Cast> {
  const [admin] = await server.database.query<{ id: string }>(
    `SELECT id FROM app_user WHERE username = 'admin'`,
  );
  const adminId = admin?.id ?? '';
  const token = await sessionOf(server, adminId);
  const join = async (name: string, roles: readonly string[] = []) => {
    const person = await createPerson(server, token, name, roles);
    return { ...person, token: await sessionOf(server, person.id) };
  };
  return {
    adminId,
    admin: token,
    operator: await join('olga', ['OPERATOR']),
    alva: await join('alva'),
    other: await join('berta'),
    projectId: await createProject(server, token, newName('project'), settings),
  };
}

const START = `mutation ($input: StartEnrolmentInput!) { startEnrolment(input: $input) {
  watchToken enrolment { id status certificates channel codeExpiresAt expiresAt createdAt qr { uri } } } }`;

/** The answer to an order that the session's user places for himself. */
export function tryOrder(
  server: Pick<TestServer, 'graphql'>,
  token: string,
  input: Readonly<Record<string, unknown>>,
): Promise<GraphqlAnswer<any>> {
  return server.graphql(START, { input }, { token });
}

/** @throws Error where it is refused */
export async function order(
  server: Pick<TestServer, 'graphql'>,
  token: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Order> {
  const answer = await tryOrder(server, token, input);
  if (answer.errors.length > 0) throw new Error(codeOf(answer));
  return orderOf(answer.data.startEnrolment);
}

/** An order whose code a phone has claimed. */
export async function claimedOrder(
  server: TestServer,
  token: string,
  projectId: string,
): Promise<{ order: Order; phone: HonestOrNotPhone; task: DeviceTask }> {
  const placed = await order(server, token, { projectId });
  const phone = new HonestOrNotPhone(server);
  return { order: placed, phone, task: await phone.claim(placed.code) };
}

/** Where an enrolment stands in the database. */
export async function statusOf({ database }: TestServer, id: string): Promise<string | undefined> {
  const [row] = await database.query<{ status: string }>(
    'SELECT status FROM enrolment WHERE id = $1',
    [id],
  );
  return row?.status;
}
