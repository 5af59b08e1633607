import { getNamedType, isObjectType } from 'graphql';
import { createSchemaOnly } from '../../src/app';
import { resourceOf } from '../../src/edge/graphql/schema-rules';
import { API_SCOPES } from '../../src/features/api-clients/api-client';
import { accessToken, createClient, type TestClient } from '../helpers/api-clients';
import { connect } from '../helpers/edge-socket';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import {
  operationFor,
  rootFieldsOf,
  Stagehand,
  type RootField,
  type Scene,
} from '../helpers/scenes';
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
  'API client with scope',
  'API client without scope',
  'API client outside its projects',
] as const;
type Caller = (typeof CALLERS)[number];
type Outcome = string;
type Expectation = Readonly<Record<Caller, Outcome>>;

const HIDDEN = 'HIDDEN'; // null or NOT_FOUND, as for what does not exist
const STEP_UP = 'INSUFFICIENT_USER_AUTHENTICATION';

const EVERYONE = row('ALLOWED');
const NO_CLIENTS = {
  'API client with scope': 'FORBIDDEN',
  'API client without scope': 'FORBIDDEN',
  'API client outside its projects': 'FORBIDDEN',
} as const;
const SIGNED_IN = row('ALLOWED', {
  ...NO_CLIENTS,
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
/** Adds API clients that have the scope; `outside` its projects is what such a client finds there. */
function clientsToo(expected: Expectation, outside: Outcome): Expectation {
  return {
    ...expected,
    'API client with scope': 'ALLOWED',
    'API client outside its projects': outside,
  };
}
const CODES: Expectation = {
  ...SIGNED_IN,
  'API client with scope': 'UNAUTHENTICATED',
  'API client without scope': 'UNAUTHENTICATED',
  'API client outside its projects': 'UNAUTHENTICATED',
};
const WATCHERS: Expectation = {
  ...EVERYONE,
  ...NO_CLIENTS,
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
  'Query.enrolment': ['/enrolments/watch', clientsToo(WATCHERS, HIDDEN)],
  'Query.enrolments': ['/operator/enrolments', clientsToo(OPERATORS, 'ALLOWED')],
  'Query.profile': ['/operator/profiles', clientsToo(OPERATORS, HIDDEN)],
  'Query.profiles': ['/operator/profiles', clientsToo(OPERATORS, 'ALLOWED')],
  'Query.project': ['/operator/projects', clientsToo(OPERATORS, HIDDEN)],
  'Query.projects': ['/operator/projects', clientsToo(OPERATORS, 'ALLOWED')],
  'Query.user': ['/operator/users', clientsToo(OPERATORS, 'ALLOWED')],
  'Query.users': ['/operator/users', clientsToo(OPERATORS, 'ALLOWED')],
  'Query.apiClients': ['/admin/api-clients', ADMINISTRATORS],
  'Query.accessRules': ['/admin/access-rules', ADMINISTRATORS],
  'Query.auditEntries': ['/admin/audit', ADMINISTRATORS],
  'Mutation.signInWithPassword': ['/sign-in', EVERYONE],
  'Mutation.sendEmailCode': ['/sign-in', CODES],
  'Mutation.verifyEmailCode': ['/sign-in', CODES],
  'Mutation.signOut': ['/sign-in', EVERYONE],
  'Mutation.claimEnrolment': ['/device', EVERYONE],
  'Mutation.activateEnrolment': ['/device', EVERYONE],
  'Mutation.startEnrolment': ['/mobile-id/get', STEPPED_UP],
  'Mutation.startEnrolmentForUser': ['/operator/mobile-id/supply', clientsToo(OPERATORS, HIDDEN)],
  'Mutation.cancelEnrolment': [
    '/enrolments/cancel',
    { ...clientsToo(WATCHERS, HIDDEN), 'API client with scope': HIDDEN }, // it was ordered by another
  ],
  'Mutation.confirmDevice': ['/enrolments/confirm', PAGE_ONLY],
  'Mutation.renewEnrolmentCode': ['/enrolments/renew', PAGE_ONLY],
  'Mutation.approveDevice': ['/operator/mobile-id/approve', OPERATORS],
  'Mutation.rejectDevice': ['/operator/mobile-id/approve', OPERATORS],
  'Mutation.createUser': ['/operator/users', clientsToo(OPERATORS, 'ALLOWED')],
  'Mutation.updateUser': ['/operator/users', clientsToo(OPERATORS, 'ALLOWED')],
  'Mutation.activateUser': ['/operator/users', clientsToo(OPERATORS, 'ALLOWED')],
  'Mutation.deactivateUser': ['/operator/users', clientsToo(OPERATORS, 'ALLOWED')],
  'Mutation.lockUser': ['/operator/users', clientsToo(OPERATORS, 'ALLOWED')],
  'Mutation.setUserRoles': ['/admin/users', ADMINISTRATORS],
  'Mutation.createProject': ['/admin/projects', ADMINISTRATORS],
  'Mutation.updateProjectSettings': ['/admin/projects', ADMINISTRATORS],
  'Mutation.createApiClient': ['/admin/api-clients', ADMINISTRATORS],
  'Mutation.updateApiClient': ['/admin/api-clients', ADMINISTRATORS],
  'Mutation.rotateApiClientSecret': ['/admin/api-clients', ADMINISTRATORS],
  'Mutation.deleteApiClient': ['/admin/api-clients', ADMINISTRATORS],
  'Mutation.createAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Mutation.updateAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Mutation.deleteAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Subscription.enrolmentStatus': ['/enrolments/watch', clientsToo(WATCHERS, HIDDEN)],
};

let server: TestServer;
let stage: Stagehand;
let clients: Readonly<Record<'all' | 'none' | 'elsewhere', TestClient>>;

beforeAll(async () => {
  server = await startTestServer();
  stage = await Stagehand.of(server);
  const { admin } = stage.cast;
  const elsewhere = await createProject(server, admin, newName('elsewhere'));
  clients = {
    all: await createClient(server, admin, { scopes: API_SCOPES }),
    none: await createClient(server, admin, { scopes: ['assigned-ids:read'] }), // opens nothing yet
    elsewhere: await createClient(server, admin, { scopes: API_SCOPES, projectIds: [elsewhere] }),
  };
});
afterAll(() => server.stop());

const schemaReady = createSchemaOnly();

test('every root field of the schema is in the table, under the resource that guards it', async () => {
  const found = rootFieldsOf(await schemaReady).map(({ name, field }) => [name, resourceOf(field)]);
  const known = Object.entries(EXPECTED).map(([name, [resource]]) => [name, resource]);
  expect(found.sort()).toEqual(known.sort());
});

test.each(Object.entries(EXPECTED))('%s opens to whom it should', async (name, [, expected]) => {
  const root = rootFieldsOf(await schemaReady).find((field) => field.name === name);
  if (root === undefined) throw new Error(`${name} is no root field.`);
  const outcomes: [Caller, Outcome][] = [];
  for (const caller of CALLERS) outcomes.push([caller, await outcomeOf(root, caller)]);
  expect(Object.fromEntries(outcomes)).toEqual(expected);
});

async function outcomeOf(root: RootField, caller: Caller): Promise<Outcome> {
  await forgetAttempts(server.database);
  const { name } = root.field;
  const scene = await stage.sceneFor(name, { isScanned: caller === 'device token' });
  const credentials = await credentialsOf(caller, scene);
  const args = { ...scene.args };
  if (name === 'verifyEmailCode') {
    const isPerson = !caller.startsWith('API client');
    args['code'] = await stage.mailedCode(isPerson ? credentials.token : undefined);
  }
  const query = operationFor(root, args);
  if (root.kind === 'subscription') return subscribed(query, args, credentials);
  const answer = await server.graphql<Record<string, unknown> | null | undefined>(
    query,
    args,
    credentials,
  );
  return classOf(answer.errors[0]?.extensions.code, answer.data?.[name]);
}

function classOf(code: string | undefined, value: unknown): Outcome {
  if (code === 'NOT_FOUND') return HIDDEN;
  if (code !== undefined) return code;
  return value === null ? HIDDEN : 'ALLOWED';
}

type Credentials = Awaited<ReturnType<typeof credentialsOf>>;
async function credentialsOf(caller: Caller, scene: Scene) {
  const { cast, finished } = stage;
  const placed = scene.order ?? finished.order;
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
    'device token': () =>
      Promise.resolve({ deviceToken: scene.deviceToken ?? finished.deviceToken }),
    'API client with scope': async () => ({ token: await accessToken(server, clients.all) }),
    'API client without scope': async () => ({ token: await accessToken(server, clients.none) }),
    'API client outside its projects': async () => ({
      token: await accessToken(server, clients.elsewhere),
    }),
  };
  return byCaller[caller]();
}

async function subscribed(
  query: string,
  variables: object,
  { token, ...tokens }: Credentials,
): Promise<Outcome> {
  const params = {
    ...tokens,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const socket = await connect(`${server.url}/graphql`, { params });
  socket.run(query, { variables });
  const { type, payload } = await socket.next();
  socket.ws.close();
  await socket.closed;
  const [error] = type === 'error' ? (payload ?? []) : (payload?.errors ?? []);
  return classOf(
    error?.extensions['code'] as string | undefined,
    payload?.data?.['enrolmentStatus'],
  );
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
  ApiClient: 'clientId createdAt enabled id lastUsedAt name projectIds scopes',
  Evidence: 'at method provider',
  MobileIdOffer:
    'access channels defaultCertificates instructions name pendingEnrolment projectId selectableCertificates validityDays',
  SignIn: 'token viewer',
  StartedEnrolment: 'enrolment watchToken',
  User: 'createdAt displayName email externalId groups id phone profiles roles state username',
  Viewer: 'client evidence sessionExpiresAt user',
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
  ApiClientSecret: 'client clientSecret',
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
  'API client with scope': without(OPERATOR_VIEW, 'MobileIdOffer', 'SignIn'),
  'API client without scope': without(
    USER_VIEW,
    'MobileIdOffer',
    'SignIn',
    'StartedEnrolment',
    ...Object.keys(ENROLMENT_VIEW),
  ),
  'API client outside its projects': without(OPERATOR_VIEW, 'MobileIdOffer', 'SignIn'),
};

test.each(CALLERS)('%s can get to see these types, with these fields', async (caller) => {
  const seen = new Map<string, string>();
  for (const { name, field } of rootFieldsOf(await schemaReady)) {
    const becomes = BECOMES[name];
    const outcome = EXPECTED[name]?.[1][caller];
    const reaches =
      becomes === undefined ? outcome === 'ALLOWED' || outcome === HIDDEN : becomes === caller;
    if (reaches && !(outcome === HIDDEN && name === 'Query.viewer'))
      collect(getNamedType(field.type), seen);
  }
  expect(Object.fromEntries(seen)).toEqual(SEEN[caller]);
});

function collect(type: unknown, seen: Map<string, string>): void {
  if (!isObjectType(type) || seen.has(type.name)) return;
  const fields = Object.values(type.getFields());
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
