import { parseLink } from '../../src/phone/link';
import type { GraphqlAnswer } from './graphql';
import { newName } from './orders';
import { noteSecret } from './run';
import type { TestServer } from './server';

type Server = Pick<TestServer, 'graphql'>;

/** A project that phones come into by themselves, and what its QR code says. */
export interface SelfRegistrationStage {
  readonly projectId: string;
  readonly uri: string;
  readonly code: string;
}

const FIELDS = `id mode settings { instructions } selfRegistration {
  paused quota used firstId lastId nextId ceiling idPrefix idWidth blockedRanges { from to } qr { uri } }`;

export function tryCreateSelfRegistration(
  server: Server,
  admin: string,
  input: Readonly<Record<string, unknown>>,
): Promise<GraphqlAnswer<any>> {
  return server.graphql(
    `mutation ($input: CreateProjectInput!) { createProject(input: $input) { ${FIELDS} } }`,
    { input: { name: newName('self'), mode: 'SELF_REGISTRATION', ...input } },
    { token: admin },
  );
}

/** @throws Error where it is refused */
export async function createSelfRegistration(
  server: Server,
  admin: string,
  idPolicy: Readonly<Record<string, unknown>> | null = null,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<SelfRegistrationStage> {
  const answer = await tryCreateSelfRegistration(server, admin, { idPolicy, settings });
  if (answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors));
  const { id, selfRegistration } = answer.data.createProject;
  return { projectId: id as string, ...codeIn(selfRegistration.qr.uri as string) };
}

/** How it stands, as administrators see it. */
export async function selfRegistrationOf(
  server: Server,
  admin: string,
  projectId: string,
): Promise<any> {
  const { data, errors } = await server.graphql(
    `query ($id: ID!) { project(id: $id) { ${FIELDS} } }`,
    { id: projectId },
    { token: admin },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const { qr, ...rest } = data.project.selfRegistration;
  return { ...rest, ...codeIn(qr.uri as string) };
}

export type Change = 'pauseSelfRegistration' | 'resumeSelfRegistration' | 'rotateActivationCode';

export function changeSelfRegistration(
  server: Server,
  admin: string,
  change: Change,
  projectId: string,
): Promise<GraphqlAnswer<any>> {
  return server.graphql(
    `mutation ($projectId: ID!) { ${change}(projectId: $projectId) { ${FIELDS} } }`,
    { projectId },
    { token: admin },
  );
}

export function updateIdPolicy(
  server: Server,
  admin: string,
  projectId: string,
  policy: Readonly<Record<string, unknown>>,
): Promise<GraphqlAnswer<any>> {
  return server.graphql(
    `mutation ($projectId: ID!, $policy: UpdateIdPolicyInput!) {
       updateIdPolicy(projectId: $projectId, policy: $policy) { ${FIELDS} } }`,
    { projectId, policy },
    { token: admin },
  );
}

function codeIn(uri: string): { uri: string; code: string } {
  const { code } = parseLink(uri);
  noteSecret(code);
  return { uri, code };
}
