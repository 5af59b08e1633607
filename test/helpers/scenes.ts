import { randomUUID } from 'node:crypto';
import { getNamedType, isCompositeType, type GraphQLField, type GraphQLSchema } from 'graphql';
import { createClient } from './api-clients';
import { claimedOrder, gatherCast, order, type Cast } from './cast';
import { newName, type Order } from './orders';
import { createPerson, createProject } from './people';
import { HonestOrNotPhone, requestFor } from './phone';
import { noteSecret } from './run';
import type { TestServer } from './server';

/** What one valid call of a root field needs: made anew for each, as most calls use it up. */
export interface Scene {
  readonly args: Readonly<Record<string, unknown>>;
  /** Of alva, where the field is about an enrolment. */
  readonly order?: Order | undefined;
  readonly deviceToken?: string;
}

export interface RootField {
  /** Such as `Query.viewer`. */
  readonly name: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly field: GraphQLField<unknown, unknown>;
}

export function rootFieldsOf(schema: GraphQLSchema): RootField[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  return roots.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).map((field) => ({
      name: `${type?.name ?? ''}.${field.name}`,
      kind,
      field,
    })),
  );
}

/** Asks for nothing but the field, with those of its arguments that are given. */
export function operationFor({ kind, field }: RootField, given: Scene['args']): string {
  const args = field.args.filter(({ name }) => name in given);
  const declared = args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = args.map(({ name }) => `${name}: $${name}`).join(', ');
  const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  return args.length === 0
    ? `${kind} { ${field.name}${selection} }`
    : `${kind} (${declared}) { ${field.name}(${passed})${selection} }`;
}

/** Sets the scene for any root field of the schema. */
export class Stagehand {
  private constructor(
    private readonly server: TestServer,
    readonly cast: Cast,
    /** Of a project with DEVICE_CODE. */
    private readonly confirmed: string,
    /** Claimed by a phone, and finished. */
    readonly finished: { order: Order; deviceToken: string; profileId: string },
  ) {}

  static async of(server: TestServer): Promise<Stagehand> {
    const cast = await gatherCast(server, { maxProfilesPerUser: 100 });
    const confirmed = await createProject(server, cast.admin, newName('confirmed'), {
      confirmation: 'DEVICE_CODE',
    });
    const placed = await order(server, cast.alva.token, { projectId: cast.projectId });
    const { task, profile } = await new HonestOrNotPhone(server).enrol(placed.code);
    const { deviceToken } = task;
    const finished = { order: placed, deviceToken, profileId: profile.id as string };
    return new Stagehand(server, cast, confirmed, finished);
  }

  /** `isScanned` is for who comes with a phone's token: its code cannot run out any more. */
  sceneFor(fieldName: string, { isScanned = false } = {}): Promise<Scene> {
    const setter = this.setters[fieldName];
    return setter === undefined ? given({}) : setter(isScanned);
  }

  /** The code that is mailed to whoever has this session. */
  async mailedCode(token: string | undefined): Promise<string> {
    if (token === undefined) return '000000';
    await this.server.graphql('mutation { sendEmailCode }', {}, { token });
    const [last] = await this.server.database.query<{ id: string }>(
      'SELECT id FROM email_code ORDER BY created_at DESC LIMIT 1',
    );
    const { work, emailCodes } = this.server.app.services;
    const request = await work.systemRequest('test', randomUUID());
    const mail = await emailCodes.toMail(work.read(request), last?.id ?? '');
    if (mail === null) throw new Error('No code was mailed.');
    noteSecret(mail.code);
    return mail.code;
  }

  private readonly setters: Readonly<Record<string, (isScanned: boolean) => Promise<Scene>>> = {
    resourceAccess: () => given({ resource: '/mobile-id/get' }),
    enrolment: async () => ofOrder(await this.claimed(), 'id'),
    enrolmentStatus: async () => ofOrder(await this.claimed(), 'enrolmentId'),
    cancelEnrolment: async () => ofOrder(await this.claimed(), 'id'),
    confirmDevice: () => this.confirmable(),
    approveDevice: () => this.confirmable(),
    rejectDevice: async () => ofOrder(await this.claimed(this.confirmed), 'id'),
    renewEnrolmentCode: async (isScanned) =>
      isScanned ? ofOrder(await this.claimed(), 'id') : this.expiredCode(),
    profile: () => given({ id: this.finished.profileId }),
    project: () => given({ id: this.cast.projectId }),
    user: () => given({ id: this.cast.alva.id }),
    signInWithPassword: () =>
      given({ username: this.cast.other.username, password: this.cast.other.password }),
    verifyEmailCode: () => given({ code: '' }),
    claimEnrolment: async () => {
      const phone = new HonestOrNotPhone(this.server);
      const { code, ...placed } = await this.ordered();
      const input = { code, device: phone.device, proof: phone.proof(code) };
      return { args: { input }, order: { code, ...placed } };
    },
    activateEnrolment: async () => {
      const { order: placed, task } = await this.claimed();
      const requests = task.keyRequests.map(({ kind }) => requestFor(kind, task.challenge));
      return { args: { input: { deviceToken: task.deviceToken, requests } }, order: placed };
    },
    startEnrolment: () => given({ input: { projectId: this.cast.projectId } }),
    startEnrolmentForUser: () =>
      given({ userId: this.cast.other.id, input: { projectId: this.cast.projectId } }),
    createUser: () => given({ input: { username: newName('u'), displayName: 'U' } }),
    updateUser: () => this.ofNewUser({ input: { displayName: 'New' } }),
    activateUser: async () => {
      const scene = await this.ofNewUser();
      await this.server.database.query(`UPDATE app_user SET state = 'INACTIVE' WHERE id = $1`, [
        scene.args['id'],
      ]);
      return scene;
    },
    deactivateUser: () => this.ofNewUser(),
    lockUser: () => this.ofNewUser({ reason: 'Lost.' }),
    setUserRoles: () => this.ofNewUser({ roles: ['USER'] }),
    createProject: () => given({ input: { name: newName('p') } }),
    updateProjectSettings: () => given({ id: this.confirmed, settings: { instructions: 'Scan.' } }),
    createApiClient: () => given({ name: newName('client'), scopes: ['users:read'] }),
    updateApiClient: () => this.ofNewClient({ input: { name: 'Renamed' } }),
    rotateApiClientSecret: () => this.ofNewClient(),
    deleteApiClient: () => this.ofNewClient(),
    createAccessRule: () => given({ input: ruleInput() }),
    updateAccessRule: async () => given({ id: await this.newRule(), input: { name: 'Renamed' } }),
    deleteAccessRule: async () => given({ id: await this.newRule() }),
  };

  private ordered(): Promise<Order> {
    const { alva, projectId } = this.cast;
    return order(this.server, alva.token, { projectId });
  }

  private claimed(projectId = this.cast.projectId): ReturnType<typeof claimedOrder> {
    return claimedOrder(this.server, this.cast.alva.token, projectId);
  }

  private async confirmable(): Promise<Scene> {
    const made = await this.claimed(this.confirmed);
    const { args, ...scene } = ofOrder(made, 'id');
    return { ...scene, args: { ...args, code: made.task.confirmationCode } };
  }

  private async expiredCode(): Promise<Scene> {
    const placed = await this.ordered();
    await this.server.database.query(
      `UPDATE enrolment SET code_expires_at = now() - interval '1 second' WHERE id = $1`,
      [placed.id],
    );
    return { args: { id: placed.id }, order: placed };
  }

  private async ofNewUser(more: Scene['args'] = {}): Promise<Scene> {
    const { id } = await createPerson(this.server, this.cast.admin, newName('user'));
    return { args: { id, ...more } };
  }

  private async ofNewClient(more: Scene['args'] = {}): Promise<Scene> {
    const { id } = await createClient(this.server, this.cast.admin);
    return { args: { id, ...more } };
  }

  private async newRule(): Promise<string> {
    const { data } = await this.server.graphql(
      'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
      { input: ruleInput() },
      { token: this.cast.admin },
    );
    return data.createAccessRule.id as string;
  }
}

function given(args: Scene['args']): Promise<Scene> {
  return Promise.resolve({ args });
}

function ofOrder(
  { order: placed, task }: Awaited<ReturnType<typeof claimedOrder>>,
  argument: string,
): Scene {
  return { args: { [argument]: placed.id }, order: placed, deviceToken: task.deviceToken };
}

function ruleInput(): object {
  return { name: newName('rule'), resources: ['/nowhere'], require: [] };
}
