import type { Cast } from './cast';
import { order } from './cast';
import type { GraphqlAnswer } from './graphql';
import { newName } from './orders';
import { createPerson, type Person } from './people';
import { HonestOrNotPhone } from './phone';
import type { TestServer } from './server';
import { sessionOf } from './sessions';

/** Somebody new with a mobile ID, signed in with what ordering needs. */
export interface Holder extends Person {
  readonly token: string;
  readonly profileId: string;
}

export async function holderOf(
  server: TestServer,
  { admin, projectId }: Pick<Cast, 'admin' | 'projectId'>,
  roles: readonly string[] = [],
): Promise<Holder> {
  const person = await createPerson(server, admin, newName('holder'), roles);
  const token = await sessionOf(server, person.id);
  return { ...person, token, profileId: await enrol(server, token, { projectId }) };
}

/** Orders for the session's user, and has a phone finish it. @returns the profile's id */
export async function enrol(
  server: TestServer,
  token: string,
  input: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { code } = await order(server, token, input);
  const { profile } = await new HonestOrNotPhone(server).enrol(code);
  return profile.id as string;
}

export type ProfileMove =
  | 'revokeMyProfile'
  | 'deactivateMyProfile'
  | 'reactivateMyProfile'
  | 'revokeProfile'
  | 'deactivateProfile'
  | 'reactivateProfile';

/** One move of one mobile ID. `more` are further arguments, as they stand in the document. */
export function moveProfile(
  { graphql }: Pick<TestServer, 'graphql'>,
  move: ProfileMove,
  id: string,
  { token, more = '' }: { token?: string | undefined; more?: string },
): Promise<GraphqlAnswer<any>> {
  return graphql(
    `mutation ($id: ID!) { ${move}(id: $id${more}) { id state suspendedBy certificates { status revocationReason revokedAt } } }`,
    { id },
    { token },
  );
}

/** Where a mobile ID and its certificates stand in the database. */
export async function standingOf(
  { database }: Pick<TestServer, 'database'>,
  id: string,
): Promise<{ state: string; suspendedBy: string[]; certificates: string[]; reasons: string[] }> {
  const [row] = await database.query<any>(
    `SELECT p.state, p.suspended_by AS "suspendedBy", array_agg(DISTINCT c.status) AS certificates,
       array_agg(DISTINCT c.revocation_reason) AS reasons
     FROM profile p JOIN certificate c ON c.profile_id = p.id WHERE p.id = $1 GROUP BY p.id`,
    [id],
  );
  return row;
}

/** What the audit log says of a mobile ID, oldest first. */
export function auditOf(
  { database }: Pick<TestServer, 'database'>,
  profileId: string,
): Promise<{ actor: string; action: string; detail: string | null }[]> {
  return database.query(
    'SELECT actor, action, detail FROM audit_entry WHERE target = $1 ORDER BY id',
    [`profile:${profileId}`],
  );
}
