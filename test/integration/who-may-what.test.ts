import { randomUUID } from 'node:crypto';
import {
  getNamedType,
  isCompositeType,
  isObjectType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { createSchemaOnly } from '../../src/app';
import { resourceOf } from '../../src/edge/graphql/schema-rules';
import { claimedOrder, gatherCast, order, type Cast } from '../helpers/cast';
import { connect } from '../helpers/edge-socket';
import { newName, type Order } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { HonestOrNotPhone, requestFor } from '../helpers/phone';
import { forgetAttempts } from '../helpers/rows';
import { noteSecret } from '../helpers/run';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const CALLERS = [
  'nobody',
  'owner without step-up',
  'owner',
  'other user',
  'operator without step-up',
  'operator',
  'administrator',
  'watch token',
  'device token',
] as const;
type Caller = (typeof CALLERS)[number];
type Outcome = string;
type Expectation = Readonly<Record<Caller, Outcome>>;

const HIDDEN = 'HIDDEN'; // null or NOT_FOUND, as for what does not exist
const STEP_UP = 'INSUFFICIENT_USER_AUTHENTICATION';

const EVERYONE = row('ALLOWED');
const SIGNED_IN = row('ALLOWED', {
  nobody: 'UNAUTHENTICATED',
  'watch token': 'UNAUTHENTICATED',
  'device token': 'UNAUTHENTICATED',
});
const OPERATORS: Expectation = {
  ...SIGNED_IN,
  'owner without step-up': 'FORBIDDEN',
  owner: 'FORBIDDEN',
  'other user': 'FORBIDDEN',
  'operator without step-up': STEP_UP,
};
const ADMINISTRATORS: Expectation = {
  ...OPERATORS,
  'operator without step-up': 'FORBIDDEN',
  operator: 'FORBIDDEN',
};
const WATCHERS: Expectation = {
  ...EVERYONE,
  nobody: 'UNAUTHENTICATED',
  'other user': HIDDEN,
  'operator without step-up': HIDDEN,
  operator: HIDDEN,
  administrator: HIDDEN,
};
const PAGE_ONLY: Expectation = { ...WATCHERS, 'device token': 'UNAUTHENTICATED' };
const STEPPED_UP: Expectation = {
  ...SIGNED_IN,
  'owner without step-up': STEP_UP,
  'operator without step-up': STEP_UP,
};

/** Who may call what, by hand. A new root field has to be entered here before the tests pass. */
const EXPECTED: Readonly<Record<string, readonly [resource: string, Expectation]>> = {
  'Query.viewer': [
    '/sign-in',
    { ...EVERYONE, nobody: HIDDEN, 'watch token': HIDDEN, 'device token': HIDDEN },
  ],
  'Query.signInOptions': ['/sign-in', EVERYONE],
  'Query.resourceAccess': ['/sign-in', EVERYONE],
  'Query.certificateAuthority': ['/certificate-authority', EVERYONE],
  'Query.mobileIdOffers': ['/mobile-id', SIGNED_IN],
  'Query.myProfiles': ['/mobile-id', SIGNED_IN],
  'Query.enrolment': ['/enrolments/watch', WATCHERS],
  'Query.enrolments': ['/operator/enrolments', OPERATORS],
  'Query.profile': ['/operator/profiles', OPERATORS],
  'Query.profiles': ['/operator/profiles', OPERATORS],
  'Query.project': ['/operator/projects', OPERATORS],
  'Query.projects': ['/operator/projects', OPERATORS],
  'Query.user': ['/operator/users', OPERATORS],
  'Query.users': ['/operator/users', OPERATORS],
  'Query.accessRules': ['/admin/access-rules', ADMINISTRATORS],
  'Query.auditEntries': ['/admin/audit', ADMINISTRATORS],
  'Mutation.signInWithPassword': ['/sign-in', EVERYONE],
  'Mutation.sendEmailCode': ['/sign-in', SIGNED_IN],
  'Mutation.verifyEmailCode': ['/sign-in', SIGNED_IN],
  'Mutation.signOut': ['/sign-in', EVERYONE],
  'Mutation.claimEnrolment': ['/device', EVERYONE],
  'Mutation.activateEnrolment': ['/device', EVERYONE],
  'Mutation.startEnrolment': ['/mobile-id/get', STEPPED_UP],
  'Mutation.startEnrolmentForUser': ['/operator/mobile-id/supply', OPERATORS],
  'Mutation.cancelEnrolment': ['/enrolments/cancel', WATCHERS],
  'Mutation.confirmDevice': ['/enrolments/confirm', PAGE_ONLY],
  'Mutation.renewEnrolmentCode': ['/enrolments/renew', PAGE_ONLY],
  'Mutation.approveDevice': ['/operator/mobile-id/approve', OPERATORS],
  'Mutation.rejectDevice': ['/operator/mobile-id/approve', OPERATORS],
  'Mutation.createUser': ['/operator/users', OPERATORS],
  'Mutation.updateUser': ['/operator/users', OPERATORS],
  'Mutation.activateUser': ['/operator/users', OPERATORS],
  'Mutation.deactivateUser': ['/operator/users', OPERATORS],
  'Mutation.lockUser': ['/operator/users', OPERATORS],
  'Mutation.setUserRoles': ['/admin/users', ADMINISTRATORS],
  'Mutation.createProject': ['/admin/projects', ADMINISTRATORS],
  'Mutation.updateProjectSettings': ['/admin/projects', ADMINISTRATORS],
  'Mutation.createAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Mutation.updateAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Mutation.deleteAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Subscription.enrolmentStatus': ['/enrolments/watch', WATCHERS],
};

/** What one call needs beside the caller's session: made anew for each, as most calls use it up. */
interface Scene {
  readonly args: Readonly<Record<string, unknown>>;
  readonly order?: Order | undefined;
  readonly deviceToken?: string;
}
type SceneMaker = (caller: Caller) => Promise<Scene>;

let server: TestServer;
let cast: Cast;
let confirmed: string;
let profileId: string;
let idle: { order: Order; deviceToken: string };
const scenes: Readonly<Record<string, SceneMaker>> = {
  resourceAccess: () => given({ resource: '/mobile-id/get' }),
  enrolment: async () => ofOrder(await claimed(cast.projectId), 'id'),
  enrolmentStatus: async () => ofOrder(await claimed(cast.projectId), 'enrolmentId'),
  cancelEnrolment: async () => ofOrder(await claimed(cast.projectId), 'id'),
  confirmDevice: () => confirmable(),
  approveDevice: () => confirmable(),
  rejectDevice: async () => ofOrder(await claimed(confirmed), 'id'),
  renewEnrolmentCode: (caller) => expiredCode(caller),
  profile: () => given({ id: profileId }),
  project: () => given({ id: cast.projectId }),
  user: () => given({ id: cast.alva.id }),
  signInWithPassword: () => given({ username: 'berta', password: cast.other.password }),
  verifyEmailCode: () => given({ code: '' }),
  claimEnrolment: async () => {
    const phone = new HonestOrNotPhone(server);
    const placed = await order(server, cast.alva.token, { projectId: cast.projectId });
    return given({
      input: { code: placed.code, device: phone.device, proof: phone.proof(placed.code) },
    });
  },
  activateEnrolment: async () => {
    const { task } = await claimedOrder(server, cast.alva.token, cast.projectId);
    const requests = task.keyRequests.map(({ kind }) => requestFor(kind, task.challenge));
    return given({ input: { deviceToken: task.deviceToken, requests } });
  },
  startEnrolment: () => given({ input: { projectId: cast.projectId } }),
  startEnrolmentForUser: () =>
    given({ userId: cast.other.id, input: { projectId: cast.projectId } }),
  createUser: () => given({ input: { username: newName('u'), displayName: 'U' } }),
  updateUser: () => ofNewUser({ input: { displayName: 'New' } }),
  activateUser: async () => {
    const scene = await ofNewUser();
    await server.database.query(`UPDATE app_user SET state = 'INACTIVE' WHERE id = $1`, [
      scene.args['id'],
    ]);
    return scene;
  },
  deactivateUser: () => ofNewUser(),
  lockUser: () => ofNewUser({ reason: 'Lost.' }),
  setUserRoles: () => ofNewUser({ roles: ['USER'] }),
  createProject: () => given({ input: { name: newName('p') } }),
  updateProjectSettings: () => given({ id: confirmed, settings: { instructions: 'Scan.' } }),
  createAccessRule: () => given({ input: ruleInput() }),
  updateAccessRule: async () => given({ id: await newRule(), input: { name: 'Renamed' } }),
  deleteAccessRule: async () => given({ id: await newRule() }),
};

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { maxProfilesPerUser: 100 });
  confirmed = await createProject(server, cast.admin, newName('confirmed'), {
    confirmation: 'DEVICE_CODE',
  });
  const { order: placed, phone, task } = await claimedOrder(
    server,
    cast.alva.token,
    cast.projectId,
  );
  idle = { order: placed, deviceToken: task.deviceToken };
  const { data } = await phone.tryActivate(task, phone.requestsFor(task));
  profileId = data.activateEnrolment.profile.id;
});
afterAll(() => server.stop());

const schemaReady = createSchemaOnly();

test('every root field of the schema is in the table, under the resource that guards it', async () => {
  const found = rootFields(await schemaReady).map(({ name, field }) => [name, resourceOf(field)]);
  const known = Object.entries(EXPECTED).map(([name, [resource]]) => [name, resource]);
  expect(found.sort()).toEqual(known.sort());
});

test.each(Object.entries(EXPECTED))('%s opens to whom it should', async (name, [, expected]) => {
  const { kind, field } = fieldNamed(await schemaReady, name);
  const outcomes: [Caller, Outcome][] = [];
  for (const caller of CALLERS) outcomes.push([caller, await outcomeOf(kind, field, caller)]);
  expect(Object.fromEntries(outcomes)).toEqual(expected);
});

async function outcomeOf(
  kind: RootKind,
  field: GraphQLField<unknown, unknown>,
  caller: Caller,
): Promise<Outcome> {
  await forgetAttempts(server.database);
  const scene = await (scenes[field.name] ?? (() => given({})))(caller);
  const credentials = await credentialsOf(caller, scene);
  const args = { ...scene.args };
  if (field.name === 'verifyEmailCode') args['code'] = await mailedCode(credentials.token);
  const query = operationFor(kind, field, args);
  if (kind === 'subscription') return subscribed(query, args, credentials);
  const { data, errors } = await server.graphql<Record<string, unknown>>(query, args, credentials);
  return classOf(errors[0]?.extensions.code, data?.[field.name]);
}

function classOf(code: string | undefined, value: unknown): Outcome {
  if (code === 'NOT_FOUND') return HIDDEN;
  if (code !== undefined) return code;
  return value === null ? HIDDEN : 'ALLOWED';
}

type Credentials = Awaited<ReturnType<typeof credentialsOf>>;
async function credentialsOf(caller: Caller, scene: Scene) {
  const placed = scene.order ?? idle.order;
  const signedIn = async (id: string, ...more: 'EMAIL_CODE'[]) => ({
    token: await sessionOf(server, id, ['PASSWORD', ...more]),
  });
  const none: { token?: string; watchToken?: string; deviceToken?: string } = {};
  const byCaller: Record<Caller, () => Promise<typeof none>> = {
    nobody: () => Promise.resolve(none),
    'owner without step-up': () => signedIn(cast.alva.id),
    owner: () => signedIn(cast.alva.id, 'EMAIL_CODE'),
    'other user': () => signedIn(cast.other.id, 'EMAIL_CODE'),
    'operator without step-up': () => signedIn(cast.operator.id),
    operator: () => signedIn(cast.operator.id, 'EMAIL_CODE'),
    administrator: () => signedIn(cast.adminId, 'EMAIL_CODE'),
    'watch token': () => Promise.resolve({ watchToken: placed.watchToken }),
    'device token': () => Promise.resolve({ deviceToken: scene.deviceToken ?? idle.deviceToken }),
  };
  return byCaller[caller]();
}

async function subscribed(
  query: string,
  variables: object,
  { token, ...tokens }: Credentials,
): Promise<Outcome> {
  const params = { ...tokens, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  const socket = await connect(`${server.url}/graphql`, { params });
  socket.run(query, { variables });
  const { type, payload } = await socket.next();
  socket.ws.close();
  await socket.closed;
  const [error] = type === 'error' ? (payload ?? []) : (payload?.errors ?? []);
  return classOf(error?.extensions.code as string | undefined, payload?.data?.['enrolmentStatus']);
}

type RootKind = 'query' | 'mutation' | 'subscription';

function rootFields(
  schema: GraphQLSchema,
): { name: string; kind: RootKind; field: GraphQLField<unknown, unknown> }[] {
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

function fieldNamed(schema: GraphQLSchema, name: string): ReturnType<typeof rootFields>[number] {
  const found = rootFields(schema).find((root) => root.name === name);
  if (found === undefined) throw new Error(`${name} is no root field.`);
  return found;
}

/** Asks for nothing but the field, with those of its arguments that are given. */
function operationFor(
  kind: RootKind,
  field: GraphQLField<unknown, unknown>,
  given: Readonly<Record<string, unknown>>,
): string {
  const args = field.args.filter(({ name }) => name in given);
  const declared = args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = args.map(({ name }) => `${name}: $${name}`).join(', ');
  const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  return args.length === 0
    ? `${kind} { ${field.name}${selection} }`
    : `${kind} (${declared}) { ${field.name}(${passed})${selection} }`;
}

function given(args: Scene['args']): Promise<Scene> {
  return Promise.resolve({ args });
}

function claimed(projectId: string): ReturnType<typeof claimedOrder> {
  return claimedOrder(server, cast.alva.token, projectId);
}

function ofOrder(
  { order: placed, task }: Awaited<ReturnType<typeof claimedOrder>>,
  argument: string,
): Scene & { args: Record<string, unknown> } {
  return { args: { [argument]: placed.id }, order: placed, deviceToken: task.deviceToken };
}

async function confirmable(): Promise<Scene> {
  const made = await claimed(confirmed);
  const { args, ...scene } = ofOrder(made, 'id');
  return { ...scene, args: { ...args, code: made.task.confirmationCode } };
}

/** The phone's own token belongs to an enrolment that was scanned: its code cannot run out any more. */
async function expiredCode(caller: Caller): Promise<Scene> {
  if (caller === 'device token') return ofOrder(await claimed(cast.projectId), 'id');
  const placed = await order(server, cast.alva.token, { projectId: cast.projectId });
  await server.database.query(
    `UPDATE enrolment SET code_expires_at = now() - interval '1 second' WHERE id = $1`,
    [placed.id],
  );
  return { args: { id: placed.id }, order: placed };
}

async function ofNewUser(more: Scene['args'] = {}): Promise<Scene> {
  const { id } = await createPerson(server, cast.admin, newName('user'));
  return { args: { id, ...more } };
}

function ruleInput(): object {
  return { name: newName('rule'), resources: ['/nowhere'], require: [] };
}

async function newRule(): Promise<string> {
  const { data } = await server.graphql(
    'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
    { input: ruleInput() },
    { token: cast.admin },
  );
  return data.createAccessRule.id as string;
}

/** The code that was just mailed to whoever has this session. */
async function mailedCode(token: string | undefined): Promise<string> {
  if (token === undefined) return '000000';
  await server.graphql('mutation { sendEmailCode }', {}, { token });
  const [last] = await server.database.query<{ id: string }>(
    'SELECT id FROM email_code ORDER BY created_at DESC LIMIT 1',
  );
  const { work, emailCodes } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  const mail = await emailCodes.toMail(work.read(request), last?.id ?? '');
  noteSecret(mail?.code ?? '');
  return mail?.code ?? '';
}

function row(outcome: Outcome, others: Partial<Record<Caller, Outcome>> = {}): Expectation {
  const all = Object.fromEntries(CALLERS.map((caller) => [caller, outcome]));
  return { ...(all as Record<Caller, Outcome>), ...others };
}

/** Fields behind which the caller is somebody else: who has proven to be that user, or the phone that holds the code. */
const BECOMES: Readonly<Record<string, 'owner' | 'device token'>> = {
  'Mutation.signInWithPassword': 'owner',
  'Mutation.verifyEmailCode': 'owner',
  'Mutation.claimEnrolment': 'device token',
  'Mutation.activateEnrolment': 'device token',
};

const ENROLMENT_VIEW = {
  Certificate:
    'fingerprint id issuer keyOrigin kind notAfter notBefore pem revocationReason revokedAt serialNumber status subject',
  Device: 'firstSeenAt id model name platform',
  Enrolment:
    'certificates channel codeExpiresAt completedAt createdAt device events expiresAt failure id profile project qr status user',
  EnrolmentEvent: 'at cursor detail enrolment status',
  EnrolmentFailure: 'code message',
  MobileIdProfile:
    'accountName certificates device id name project serverName state user validFrom validTo',
  ProjectSummary: 'id name serverName',
  QrCode: 'png svg text uri',
  UserSummary: 'displayName id username',
} as const;
const OPEN_VIEW = {
  AccessDecision: 'missing outcome resource',
  CertificateAuthority: 'chain fingerprint keyAlgorithm pem subject',
  MissingClause: 'anyOf',
  MissingRequirement: 'lastAt maxAgeSeconds method option provider reason',
  SignInOption: 'label method provider url',
} as const;
const DEVICE_VIEW = {
  ...OPEN_VIEW,
  ...ENROLMENT_VIEW,
  DeviceTask:
    'accountName challenge confirmationCode deviceToken enrolmentId expiresAt keyRequests profileName serverName',
  IssuedMobileId: 'chain encryptionKeys profile',
  KeyRequest: 'algorithms kind origin',
  WrappedKey: 'certificateId jwe',
} as const;
/** His own: whatever stands in these types is for the person himself to see. */
const USER_VIEW = {
  ...OPEN_VIEW,
  ...ENROLMENT_VIEW,
  Evidence: 'at method provider',
  MobileIdOffer:
    'access channels defaultCertificates instructions name pendingEnrolment projectId selectableCertificates validityDays',
  SignIn: 'token viewer',
  StartedEnrolment: 'enrolment watchToken',
  User: 'createdAt displayName email externalId groups id phone profiles roles state username',
  Viewer: 'evidence sessionExpiresAt user',
} as const;
const OPERATOR_VIEW = {
  ...USER_VIEW,
  EnrolmentConnection: 'nodes pageInfo totalCount',
  MobileIdProfileConnection: 'nodes pageInfo totalCount',
  PageInfo: 'endCursor hasNextPage',
  Project: 'createdAt id mode name settings',
  ProjectConnection: 'nodes pageInfo totalCount',
  ProvisioningSettings:
    'accountNameTemplate channels codeTtlSeconds confirmation defaultCertificates emailMessage emailSubject enrolmentTtlSeconds expiryReminderDays instructions invitationTtlSeconds maxProfilesPerUser notifyOnFailure notifyOnSuccess profileNameTemplate recoverEncryptionCertificates selectableCertificates selfService serverName smsMessage validityDays',
  UserConnection: 'nodes pageInfo totalCount',
} as const;
const ADMINISTRATOR_VIEW = {
  ...OPERATOR_VIEW,
  AccessConditions: 'callers groups networks notGroups roles scopes windows',
  AccessRule: 'description effect enabled id name require resources updatedAt when',
  AuditConnection: 'nodes pageInfo',
  AuditEntry: 'action actor address at detail id outcome requestId target',
  AuthenticationClause: 'anyOf',
  AuthenticationRequirement: 'maxAgeSeconds method provider',
  TimeWindow: 'days from timeZone to',
} as const;

/** What each caller can get to see, type by type. A new field on one of these types is shown to all who are named here. */
const SEEN: Readonly<Record<Caller, Readonly<Record<string, string>>>> = {
  nobody: OPEN_VIEW,
  'owner without step-up': without(USER_VIEW, 'StartedEnrolment', 'SignIn'),
  owner: USER_VIEW,
  'other user': without(USER_VIEW, 'SignIn'),
  'operator without step-up': without(USER_VIEW, 'StartedEnrolment', 'SignIn'),
  operator: without(OPERATOR_VIEW, 'SignIn'),
  administrator: without(ADMINISTRATOR_VIEW, 'SignIn'),
  'watch token': { ...OPEN_VIEW, ...ENROLMENT_VIEW },
  'device token': DEVICE_VIEW,
};

test.each(CALLERS)('%s can get to see these types, with these fields', async (caller) => {
  const seen = new Map<string, string>();
  for (const { name, field } of rootFields(await schemaReady)) {
    const becomes = BECOMES[name];
    const outcome = EXPECTED[name]?.[1][caller];
    const reaches = becomes === undefined ? outcome === 'ALLOWED' || outcome === HIDDEN : becomes === caller;
    if (reaches && !(outcome === HIDDEN && name === 'Query.viewer')) collect(getNamedType(field.type), seen);
  }
  expect(Object.fromEntries(seen)).toEqual(SEEN[caller]);
});

function collect(type: unknown, seen: Map<string, string>): void {
  if (!isObjectType(type) || seen.has(type.name)) return;
  const fields = Object.values((type as GraphQLObjectType).getFields());
  const names = fields.map(({ name }) => name).sort();
  seen.set(type.name, names.join(' '));
  for (const field of fields) {
    if (resourceOf(field) === undefined) collect(getNamedType(field.type), seen);
  }
}

function without(
  view: Readonly<Record<string, string>>,
  ...types: readonly string[]
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(view).filter(([type]) => !types.includes(type)));
}
