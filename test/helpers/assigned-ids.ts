import type { GraphqlAnswer } from './graphql';
import { HonestOrNotPhone } from './phone';
import { noteSecret } from './run';
import type { TestServer } from './server';

type Server = Pick<TestServer, 'graphql' | 'url'>;

const ACTIVATE = `mutation ($input: ActivateEnrolmentInput!) { activateEnrolment(input: $input) {
  profile { id accountName state registrationUrl assignedId { id number value status hostReference } } } }`;
const ASSIGNED = `id number value status hostReference assignedAt confirmedAt revokedAt lastSeenAt
  profile { id state device { name } assignedId { value } registrationUrl }`;

/** A phone that comes by an activation code, and is told its ID. */
export class SelfRegisteredPhone extends HonestOrNotPhone {
  constructor(private readonly at: Server) {
    super(at);
  }

  /** Scans, makes keys, activates. @throws Error where it is refused */
  async register(code: string): Promise<any> {
    const task = await this.claim(code);
    const input = { deviceToken: task.deviceToken, requests: this.requestsFor(task) };
    const { data, errors } = await this.at.graphql(ACTIVATE, { input });
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    const { profile } = data.activateEnrolment;
    const token = tokenIn(profile.registrationUrl as string | null);
    if (token !== null) noteSecret(token);
    return profile;
  }

  /** A proof that it is alive; what `claims` and `header` say stands in place of what an honest phone would. */
  reportProof(
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): string {
    return this.proof('', {
      header: { typ: 'report+jwt', ...header },
      claims: { cth: undefined, ...claims },
    });
  }

  report(proof = this.reportProof()): Promise<GraphqlAnswer<any>> {
    return this.at.graphql('mutation ($proof: String!) { reportDevice(proof: $proof) }', { proof });
  }
}

/** Of a link that carries it behind `token=`. */
export function tokenIn(registrationUrl: string | null): string | null {
  return /[?#&]token=([\w-]+)/.exec(registrationUrl ?? '')?.[1] ?? null;
}

/** How an ID stands, for whoever holds `token`. */
export async function assignedIdOf(
  server: Server,
  token: string,
  projectId: string,
  value: string,
): Promise<any> {
  const { data, errors } = await server.graphql(
    `query ($projectId: ID!, $value: String!) { assignedId(projectId: $projectId, value: $value) { ${ASSIGNED} } }`,
    { projectId, value },
    { token },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.assignedId;
}

export type IdChange = 'confirmAssignedId' | 'unconfirmAssignedId' | 'revokeAssignedId';

/** The answer to one of the mutations on an ID; what each takes beside project and value is in `more`. */
export function changeId(
  server: Server,
  token: string,
  change: IdChange,
  named: { readonly projectId: string; readonly value: string } & Readonly<Record<string, unknown>>,
): Promise<GraphqlAnswer<any>> {
  const types: Readonly<Record<string, string>> = {
    projectId: 'ID!',
    value: 'String!',
    hostReference: 'String!',
    registrationToken: 'String',
    reason: 'String',
  };
  const names = Object.keys(named);
  const declared = names.map((name) => `$${name}: ${types[name] ?? ''}`).join(', ');
  const passed = names.map((name) => `${name}: $${name}`).join(', ');
  return server.graphql(`mutation (${declared}) { ${change}(${passed}) { ${ASSIGNED} } }`, named, {
    token,
  });
}

/** IDs without phones behind them, `count` of them from `first` on: rows as activations would have left them. */
export async function plantIds(
  { database }: Pick<TestServer, 'database'>,
  projectId: string,
  {
    first = 1,
    count,
    deviceName = 'Planted',
  }: { first?: number; count: number; deviceName?: string },
): Promise<void> {
  await database.query(
    `WITH planted AS (
       SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS profile_id, gen_random_uuid() AS device_id
       FROM generate_series($2::int, $2::int + $3::int - 1) AS n
     ), devices AS (
       INSERT INTO device (id, thumbprint, name, platform, model, first_seen_at)
       SELECT device_id, 'planted-' || id, $4, 'Jest', NULL, now() FROM planted
     ), profiles AS (
       INSERT INTO profile (id, project_id, user_id, enrolment_id, device_id, name, account_name, server_name, state,
         valid_from, valid_to, created_at)
       SELECT profile_id, $1, NULL, gen_random_uuid(), device_id, 'p', n::text, 's', 'ACTIVE', now(),
         now() + interval '1 year', now() FROM planted
     )
     INSERT INTO assigned_id (id, project_id, number, value, device_thumbprint, status, profile_id, assigned_at, last_seen_at)
     SELECT id, $1, n, n::text, 'planted-' || id, 'ASSIGNED', profile_id, now(), now() FROM planted`,
    [projectId, first, count, deviceName],
  );
}
