import { getNamedType, isObjectType } from 'graphql';
import { createSchemaOnly } from '../../src/app';
import { resourceOf } from '../../src/edge/graphql/schema-rules';
import { connect } from '../helpers/edge-socket';
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
] as const;
type Caller = (typeof CALLERS)[number];
type Outcome = string;
type Expectation = Readonly<Record<Caller, Outcome>>;

const HIDDEN = 'HIDDEN'; // null or NOT_FOUND, as for what does not exist
const STEP_UP = 'INSUFFICIENT_USER_AUTHENTICATION';
const NO_MOBILE_ID = 'CHANNEL_NOT_AVAILABLE';

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
/** What the field names belongs to the owner. */
const OWN_ONLY: Expectation = {
  ...SIGNED_IN,
  'other user': HIDDEN,
  'operator without step-up': HIDDEN,
  operator: HIDDEN,
  administrator: HIDDEN,
};
const STEPPED_UP: Expectation = {
  ...SIGNED_IN,
  'owner without step-up': STEP_UP,
  'operator without step-up': STEP_UP,
};

/** The means of proof that a call names are alva's. */
const OWNERS: Expectation = {
  ...STEPPED_UP,
  'other user': HIDDEN,
  operator: HIDDEN,
  administrator: HIDDEN,
};
const PROVERS: Expectation = {
  ...EVERYONE,
  'other user': 'INVALID_CREDENTIALS',
  'operator without step-up': 'INVALID_CREDENTIALS',
  operator: 'INVALID_CREDENTIALS',
  administrator: 'INVALID_CREDENTIALS',
};
const ACCOUNT_METHODS = STEPPED_UP;
/** Only his own: what others name does not exist for them. */
const OWN_ONLY = {
  'other user': HIDDEN,
  'operator without step-up': HIDDEN,
  operator: HIDDEN,
  administrator: HIDDEN,
} as const;

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
  'Query.myPasskeys': ['/account', SIGNED_IN],
  'Query.myTotpAuthenticators': ['/account', SIGNED_IN],
  'Query.enrolment': ['/enrolments/watch', WATCHERS],
  'Query.enrolments': ['/operator/enrolments', OPERATORS],
  'Query.profile': ['/operator/profiles', OPERATORS],
  'Query.profiles': ['/operator/profiles', OPERATORS],
  'Query.mobileIdChallenge': ['/device', EVERYONE],
  'Query.myClientCertificates': ['/account', SIGNED_IN],
  'Query.project': ['/operator/projects', OPERATORS],
  'Query.projects': ['/operator/projects', OPERATORS],
  'Query.user': ['/operator/users', OPERATORS],
  'Query.users': ['/operator/users', OPERATORS],
  'Query.mySessions': ['/account/sessions', SIGNED_IN],
  'Query.accessRules': ['/admin/access-rules', ADMINISTRATORS],
  'Query.identityProviders': ['/admin/identity-providers', ADMINISTRATORS],
  'Query.auditEntries': ['/admin/audit', ADMINISTRATORS],
  'Query.deletedAccessRules': ['/admin/access-rules', ADMINISTRATORS],
  'Query.explainAccess': ['/admin/access-rules', ADMINISTRATORS],
  'Query.resources': ['/admin/access-rules', ADMINISTRATORS],
  'Mutation.signInWithPassword': ['/sign-in', EVERYONE],
  'Mutation.sendEmailCode': ['/sign-in', SIGNED_IN],
  'Mutation.verifyEmailCode': ['/sign-in', SIGNED_IN],
  'Mutation.sendSmsCode': ['/sign-in', SIGNED_IN],
  'Mutation.verifySmsCode': ['/sign-in', SIGNED_IN],
  'Mutation.requestPasswordReset': ['/sign-in', EVERYONE],
  'Mutation.setPassword': ['/sign-in', EVERYONE],
  'Mutation.changePassword': ['/sign-in', SIGNED_IN],
  'Mutation.startPasskeySignIn': [
    '/sign-in',
    {
      ...EVERYONE,
      'other user': HIDDEN,
      'operator without step-up': HIDDEN,
      operator: HIDDEN,
      administrator: HIDDEN,
    },
  ],
  'Mutation.finishPasskeySignIn': ['/sign-in', PROVERS],
  'Mutation.verifyTotp': [
    '/sign-in',
    {
      ...PROVERS,
      nobody: 'UNAUTHENTICATED',
      'watch token': 'UNAUTHENTICATED',
      'device token': 'UNAUTHENTICATED',
    },
  ],
  'Mutation.startPasskeyRegistration': ['/account/methods', STEPPED_UP],
  'Mutation.finishPasskeyRegistration': ['/account/methods', STEPPED_UP],
  'Mutation.removePasskey': ['/account/methods', OWNERS],
  'Mutation.startTotpEnrolment': ['/account/methods', STEPPED_UP],
  'Mutation.confirmTotpEnrolment': ['/account/methods', OWNERS],
  'Mutation.removeTotpAuthenticator': ['/account/methods', OWNERS],
  'Mutation.signInWithClientCertificate': ['/sign-in', row('INVALID_CREDENTIALS')],
  'Mutation.registerMyClientCertificate': ['/account/methods', withoutCertificate(ACCOUNT_METHODS)],
  'Mutation.removeMyClientCertificate': [
    '/account/methods',
    { ...ACCOUNT_METHODS, ...OWN_ONLY, 'operator without step-up': STEP_UP },
  ],
  'Mutation.startMobileIdProof': [
    '/sign-in',
    {
      ...SIGNED_IN,
      'other user': NO_MOBILE_ID,
      'operator without step-up': NO_MOBILE_ID,
      operator: NO_MOBILE_ID,
      administrator: NO_MOBILE_ID,
    },
  ],
  'Mutation.finishMobileIdProof': ['/sign-in', { ...SIGNED_IN, ...OWN_ONLY }],
  'Mutation.answerMobileIdChallenge': ['/device', EVERYONE],
  'Mutation.rejectMobileIdChallenge': ['/device', EVERYONE],
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
  'Mutation.invitePassword': ['/operator/users', OPERATORS],
  'Mutation.updateUser': ['/operator/users', OPERATORS],
  'Mutation.activateUser': ['/operator/users', OPERATORS],
  'Mutation.deactivateUser': ['/operator/users', OPERATORS],
  'Mutation.lockUser': ['/operator/users', OPERATORS],
  'Mutation.endMySession': ['/account/sessions', OWN_ONLY],
  'Mutation.endMyOtherSessions': ['/account/sessions', SIGNED_IN],
  'Mutation.endSession': ['/operator/sessions', OPERATORS],
  'Mutation.endSessionsOfUser': ['/operator/sessions', OPERATORS],
  'Mutation.unlockMethod': ['/operator/users', OPERATORS],
  'Mutation.setUserRoles': ['/admin/users', ADMINISTRATORS],
  'Mutation.createProject': ['/admin/projects', ADMINISTRATORS],
  'Mutation.updateProjectSettings': ['/admin/projects', ADMINISTRATORS],
  'Mutation.createAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Mutation.updateAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Mutation.deleteAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Mutation.createIdentityProvider': ['/admin/identity-providers', ADMINISTRATORS],
  'Mutation.updateIdentityProvider': ['/admin/identity-providers', ADMINISTRATORS],
  'Mutation.deleteIdentityProvider': ['/admin/identity-providers', ADMINISTRATORS],
  'Subscription.enrolmentStatus': ['/enrolments/watch', WATCHERS],
  'Subscription.mobileIdProof': ['/sign-in', { ...SIGNED_IN, ...OWN_ONLY }],
};

let server: TestServer;
let stage: Stagehand;

beforeAll(async () => {
  server = await startTestServer();
  stage = await Stagehand.of(server);
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
  const args = { ...scene.args, ...(await stage.ownArguments(name, credentials.token)) };
  const args = { ...scene.args };
  if (name === 'verifyEmailCode') args['code'] = await stage.mailedCode(credentials.token);
  Object.assign(args, await stage.passkeyAnswer(name, credentials.token));
  if (name === 'finishMobileIdProof' || name === 'mobileIdProof') {
    const isAnswered = name === 'finishMobileIdProof';
    args['id'] = await stage.proofOf(credentials.token, { isAnswered });
  }
  const query = operationFor(root, args);
  if (root.kind === 'subscription') return subscribed(root, { query, args }, credentials);
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
  };
  return byCaller[caller]();
}

async function subscribed(
  { field }: RootField,
  { query, args: variables }: { query: string; args: object },
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
  return classOf(error?.extensions['code'] as string | undefined, payload?.data?.[field.name]);
}

/** None of these callers shows a certificate: who gets past the rules is told so. */
function withoutCertificate(expectation: Expectation): Expectation {
  const told = (outcome: Outcome): Outcome =>
    outcome === 'ALLOWED' ? 'INVALID_CREDENTIALS' : outcome;
  const entries = Object.entries(expectation).map(([caller, each]) => [caller, told(each)]);
  return Object.fromEntries(entries) as Expectation;
}

function row(outcome: Outcome, others: Partial<Record<Caller, Outcome>> = {}): Expectation {
  const all = Object.fromEntries(CALLERS.map((caller) => [caller, outcome]));
  return { ...(all as Record<Caller, Outcome>), ...others };
}

/** Fields behind which the caller is somebody else: who has proven to be that user, or the phone that holds the code. */
const BECOMES: Readonly<Record<string, 'owner' | 'device token'>> = {
  'Mutation.signInWithPassword': 'owner',
  'Mutation.signInWithClientCertificate': 'owner',
  'Mutation.finishMobileIdProof': 'owner',
  'Mutation.verifyEmailCode': 'owner',
  'Mutation.verifySmsCode': 'owner',
  'Mutation.changePassword': 'owner',
  'Mutation.verifyTotp': 'owner',
  'Mutation.finishPasskeySignIn': 'owner',
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
  MobileIdChallenge: 'address displayName expiresAt hints id nonce userAgent',
  MissingClause: 'anyOf',
  PasskeyCeremony: 'expiresAt id options',
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
  ClientCertificate: 'createdAt fingerprint id issuer notAfter subject',
  Evidence: 'at method provider',
  MobileIdOffer:
    'access channels defaultCertificates instructions name pendingEnrolment projectId selectableCertificates validityDays',
  Session: 'address createdAt evidence expiresAt id isCurrent lastUsedAt userAgent',
  MobileIdProof: 'expiresAt id number qr state',
  MobileIdProofEvent: 'deviceName id state',
  SignIn: 'token viewer',
  StartedEnrolment: 'enrolment watchToken',
  User: 'createdAt displayName email externalId groups id methodLocks phone profiles roles sessions state username',
  Passkey: 'createdAt id isBackedUp lastUsedAt name',
  SignIn: 'token viewer',
  StartedEnrolment: 'enrolment watchToken',
  TotpAuthenticator: 'createdAt id isConfirmed lastUsedAt name',
  TotpEnrolment: 'authenticator qr secret',
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
  AttributeMapping: 'displayName email groups username',
  IdentityProvider:
    'acceptUnsolicited acsUrl attributes authenticationContext certificates createUsers enabled entityId id label metadataUrl name signInUrl signOutUrl',
  AccessConditions: 'callers groups networks notGroups roles scopes windows',
  AccessExplanation: 'decision note verdicts',
  AccessRule: 'description effect enabled id name require resources updatedAt versions when',
  AccessRuleVersion: 'actor at change rule version',
  AuditConnection: 'nodes pageInfo',
  AuditEntry: 'action actor address at detail id outcome requestId target',
  AuthenticationClause: 'anyOf',
  AuthenticationRequirement: 'maxAgeSeconds method provider',
  Resource: 'description guards inheritedRules path rules',
  RuleVerdict: 'because matched resource rule satisfied',
  TimeWindow: 'days from timeZone to',
} as const;

/** What each caller can get to see, type by type. A new field on one of these types is shown to all who are named here. */
const SEEN: Readonly<Record<Caller, Readonly<Record<string, string>>>> = {
  nobody: OPEN_VIEW,
  'owner without step-up': without(USER_VIEW, 'StartedEnrolment', 'SignIn', 'TotpEnrolment'),
  owner: USER_VIEW,
  'other user': without(USER_VIEW, 'SignIn'),
  'operator without step-up': without(USER_VIEW, 'StartedEnrolment', 'SignIn', 'TotpEnrolment'),
  operator: without(OPERATOR_VIEW, 'SignIn'),
  administrator: without(ADMINISTRATOR_VIEW, 'SignIn'),
  'other user': without(USER_VIEW, 'MobileIdProof', 'SignIn'),
  'operator without step-up': without(USER_VIEW, 'MobileIdProof', 'StartedEnrolment', 'SignIn'),
  operator: without(OPERATOR_VIEW, 'MobileIdProof', 'SignIn'),
  administrator: without(ADMINISTRATOR_VIEW, 'MobileIdProof', 'SignIn'),
  'watch token': { ...OPEN_VIEW, ...ENROLMENT_VIEW },
  'device token': DEVICE_VIEW,
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
