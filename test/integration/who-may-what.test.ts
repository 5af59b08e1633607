import { getNamedType, isObjectType } from 'graphql';
import { createSchemaOnly } from '../../src/app';
import { resourceOf } from '../../src/edge/graphql/schema-rules';
import { API_SCOPES } from '../../src/kernel/api-scopes';
import { accessToken, createClient, type TestClient } from '../helpers/api-clients';
import { firstAnswer } from '../helpers/edge/edge-socket';
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
type ApiClientCaller = Extract<Caller, `API client ${string}`>;
type Outcome = string;
type Expectation = Readonly<Record<Caller, Outcome>>;

const HIDDEN = 'HIDDEN'; // null or NOT_FOUND, as for what does not exist
const STEP_UP = 'INSUFFICIENT_USER_AUTHENTICATION';
const NO_MOBILE_ID = 'CHANNEL_NOT_AVAILABLE';

const EVERYONE = row('ALLOWED');
const SIGNED_IN: Expectation = {
  ...EVERYONE,
  ...allClients('FORBIDDEN'),
  nobody: 'UNAUTHENTICATED',
  'watch token': 'UNAUTHENTICATED',
  'device token': 'UNAUTHENTICATED',
};
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
const STEPPED_UP: Expectation = {
  ...SIGNED_IN,
  'owner without step-up': STEP_UP,
  'operator without step-up': STEP_UP,
};
/** Open to all by the rules; but only a session has a user whose proof it could be, and an API client has none. */
const PROVERS: Expectation = { ...SIGNED_IN, ...allClients('UNAUTHENTICATED') };
/** Those of alva's kind, with something of their own, see what is theirs; of alva's they see nothing. */
const OWN_ONLY = othersGet(SIGNED_IN, HIDDEN);
const OWN_AND_STEPPED_UP: Expectation = {
  ...othersGet(STEPPED_UP, HIDDEN),
  'operator without step-up': STEP_UP,
};
const WATCHERS: Expectation = {
  ...othersGet(EVERYONE, HIDDEN),
  ...allClients('FORBIDDEN'),
  nobody: 'UNAUTHENTICATED',
};
const PAGE_ONLY: Expectation = { ...WATCHERS, 'device token': 'UNAUTHENTICATED' };

/** It is the phone's proof that counts; but an application kept to other projects does not bring it. */
const PHONES = { ...EVERYONE, 'API client outside its projects': HIDDEN } as const;

/** Who may call what, by hand. A new root field has to be entered here before the tests pass. */
const EXPECTED: Readonly<Record<string, readonly [resource: string, Expectation]>> = {
  'Query.viewer': [
    '/sign-in',
    { ...EVERYONE, nobody: HIDDEN, 'watch token': HIDDEN, 'device token': HIDDEN },
  ],
  'Query.signInOptions': ['/sign-in', EVERYONE],
  'Query.resourceAccess': ['/sign-in', EVERYONE],
  'Query.certificateAuthority': ['/certificate-authority', EVERYONE],
  'Query.mobileIdChallenge': ['/device', EVERYONE],
  'Query.mobileIdRenewal': ['/device', PHONES],
  'Query.mobileIdOffers': ['/mobile-id', SIGNED_IN],
  'Query.myProfiles': ['/mobile-id', SIGNED_IN],
  'Query.acceptsClientCertificates': ['/account', SIGNED_IN],
  'Query.myClientCertificates': ['/account', SIGNED_IN],
  'Query.myPasskeys': ['/account', SIGNED_IN],
  'Query.mySessions': ['/account/sessions', SIGNED_IN],
  'Query.myTotpAuthenticators': ['/account', SIGNED_IN],
  'Query.assignedId': ['/operator/assigned-ids', clientsToo(OPERATORS, HIDDEN)],
  'Query.assignedIds': ['/operator/assigned-ids', clientsToo(OPERATORS, HIDDEN)],
  'Query.enrolment': ['/enrolments/watch', clientsToo(WATCHERS, HIDDEN)],
  'Query.enrolments': ['/operator/enrolments', clientsToo(OPERATORS, 'ALLOWED')],
  'Query.enrolmentBatch': ['/operator/enrolments', clientsToo(OPERATORS, HIDDEN)],
  'Query.enrolmentBatches': ['/operator/enrolments', clientsToo(OPERATORS, 'ALLOWED')],
  'Query.profile': ['/operator/profiles', clientsToo(OPERATORS, HIDDEN)],
  'Query.profiles': ['/operator/profiles', clientsToo(OPERATORS, 'ALLOWED')],
  'Query.project': ['/operator/projects', clientsToo(OPERATORS, HIDDEN)],
  'Query.projects': ['/operator/projects', clientsToo(OPERATORS, 'ALLOWED')],
  'Query.user': ['/operator/users', clientsToo(OPERATORS, HIDDEN)],
  'Query.users': ['/operator/users', clientsToo(OPERATORS, 'ALLOWED')],
  'Query.messages': ['/operator/messages', OPERATORS],
  'Query.keyRecoveries': ['/operator/key-recoveries', OPERATORS],
  'Query.apiClients': ['/admin/api-clients', ADMINISTRATORS],
  'Query.identityProviders': ['/admin/identity-providers', ADMINISTRATORS],
  'Query.accessRules': ['/admin/access-rules', ADMINISTRATORS],
  'Query.deletedAccessRules': ['/admin/access-rules', ADMINISTRATORS],
  'Query.explainAccess': ['/admin/access-rules', ADMINISTRATORS],
  'Query.resources': ['/admin/access-rules', ADMINISTRATORS],
  'Query.invitationPreview': ['/admin/projects', ADMINISTRATORS],
  'Query.messagePlaceholders': ['/admin/projects', ADMINISTRATORS],
  'Query.auditEntries': ['/admin/audit', ADMINISTRATORS],
  'Query.webhookEndpoints': ['/admin/webhooks', ADMINISTRATORS],
  'Query.webhookDeliveries': ['/admin/webhooks', ADMINISTRATORS],
  'Mutation.signInWithPassword': ['/sign-in', EVERYONE],
  'Mutation.signInWithClientCertificate': ['/sign-in', row('INVALID_CREDENTIALS')],
  'Mutation.sendEmailCode': ['/sign-in', PROVERS],
  'Mutation.verifyEmailCode': ['/sign-in', PROVERS],
  'Mutation.sendSmsCode': ['/sign-in', PROVERS],
  'Mutation.verifySmsCode': ['/sign-in', PROVERS],
  'Mutation.verifyTotp': ['/sign-in', othersGet(PROVERS, 'INVALID_CREDENTIALS')],
  'Mutation.startPasskeySignIn': [
    '/sign-in',
    { ...othersGet(EVERYONE, HIDDEN), ...allClients('FORBIDDEN') },
  ],
  'Mutation.finishPasskeySignIn': [
    '/sign-in',
    { ...othersGet(EVERYONE, 'INVALID_CREDENTIALS'), ...allClients('FORBIDDEN') },
  ],
  'Mutation.startMobileIdProof': ['/sign-in', othersGet(PROVERS, NO_MOBILE_ID)],
  'Mutation.finishMobileIdProof': ['/sign-in', othersGet(PROVERS, HIDDEN)],
  'Mutation.answerMobileIdChallenge': ['/device', EVERYONE],
  'Mutation.rejectMobileIdChallenge': ['/device', EVERYONE],
  'Mutation.requestPasswordReset': ['/sign-in', EVERYONE],
  'Mutation.setPassword': ['/sign-in', EVERYONE],
  'Mutation.changePassword': ['/sign-in', PROVERS],
  'Mutation.signOut': ['/sign-in', EVERYONE],
  'Mutation.startPasskeyRegistration': ['/account/methods', STEPPED_UP],
  'Mutation.finishPasskeyRegistration': ['/account/methods', STEPPED_UP],
  'Mutation.removePasskey': ['/account/methods', OWN_AND_STEPPED_UP],
  'Mutation.startTotpEnrolment': ['/account/methods', STEPPED_UP],
  'Mutation.confirmTotpEnrolment': ['/account/methods', OWN_AND_STEPPED_UP],
  'Mutation.removeTotpAuthenticator': ['/account/methods', OWN_AND_STEPPED_UP],
  'Mutation.registerMyClientCertificate': ['/account/methods', withoutCertificate(STEPPED_UP)],
  'Mutation.removeMyClientCertificate': ['/account/methods', OWN_AND_STEPPED_UP],
  'Mutation.endMySession': ['/account/sessions', OWN_ONLY],
  'Mutation.endMyOtherSessions': ['/account/sessions', SIGNED_IN],
  'Mutation.noteInvitationOpened': ['/device', EVERYONE],
  'Mutation.claimEnrolment': ['/device', EVERYONE],
  'Mutation.activateEnrolment': ['/device', EVERYONE],
  'Mutation.acknowledgeActivation': ['/device', EVERYONE],
  'Mutation.renewMobileId': ['/device', PHONES],
  'Mutation.acknowledgeRenewal': ['/device', PHONES],
  'Mutation.reportDevice': ['/device', EVERYONE],
  'Mutation.startEnrolment': ['/mobile-id/get', STEPPED_UP],
  'Mutation.startEnrolmentForUser': ['/operator/mobile-id/supply', clientsToo(OPERATORS, HIDDEN)],
  'Mutation.createEnrolments': ['/operator/mobile-id/supply', clientsToo(OPERATORS, HIDDEN)],
  'Mutation.cancelEnrolmentBatch': ['/operator/mobile-id/supply', clientsToo(OPERATORS, HIDDEN)],
  'Mutation.cancelEnrolment': [
    '/enrolments/cancel',
    { ...clientsToo(WATCHERS, HIDDEN), 'API client with scope': HIDDEN }, // it was ordered by another
  ],
  'Mutation.confirmDevice': ['/enrolments/confirm', PAGE_ONLY],
  'Mutation.renewEnrolmentCode': ['/enrolments/renew', PAGE_ONLY],
  'Mutation.approveDevice': ['/operator/mobile-id/approve', OPERATORS],
  'Mutation.rejectDevice': ['/operator/mobile-id/approve', OPERATORS],
  'Mutation.revokeMyProfile': ['/mobile-id/revoke', OWN_ONLY],
  'Mutation.deactivateMyProfile': ['/mobile-id/deactivate', OWN_ONLY],
  'Mutation.reactivateMyProfile': [
    '/mobile-id/deactivate',
    { ...OWN_ONLY, 'owner without step-up': STEP_UP }, // it needs what ordering needs as well
  ],
  'Mutation.revokeProfile': ['/operator/profiles', OPERATORS], // API clients may only read there
  'Mutation.deactivateProfile': ['/operator/profiles', OPERATORS],
  'Mutation.reactivateProfile': ['/operator/profiles', OPERATORS],
  'Mutation.confirmAssignedId': ['/operator/assigned-ids', clientsToo(OPERATORS, HIDDEN)],
  'Mutation.unconfirmAssignedId': ['/operator/assigned-ids', clientsToo(OPERATORS, HIDDEN)],
  'Mutation.revokeAssignedId': ['/operator/profiles', OPERATORS],
  'Mutation.requestKeyRecovery': ['/operator/key-recoveries', OPERATORS],
  'Mutation.approveKeyRecovery': ['/operator/key-recoveries/approve', OPERATORS],
  'Mutation.rejectKeyRecovery': ['/operator/key-recoveries/approve', OPERATORS],
  'Mutation.resendMessage': ['/operator/messages', OPERATORS],
  'Mutation.createUser': ['/operator/users', clientsToo(OPERATORS, 'FORBIDDEN')],
  'Mutation.invitePassword': ['/operator/users', clientsToo(OPERATORS, 'FORBIDDEN')],
  'Mutation.updateUser': ['/operator/users', clientsToo(OPERATORS, 'FORBIDDEN')],
  'Mutation.activateUser': ['/operator/users', clientsToo(OPERATORS, 'FORBIDDEN')],
  'Mutation.deactivateUser': ['/operator/users', clientsToo(OPERATORS, 'FORBIDDEN')],
  'Mutation.lockUser': ['/operator/users', clientsToo(OPERATORS, 'FORBIDDEN')],
  'Mutation.unlockMethod': ['/operator/users', clientsToo(OPERATORS, 'FORBIDDEN')],
  'Mutation.endSession': ['/operator/sessions', OPERATORS],
  'Mutation.endSessionsOfUser': ['/operator/sessions', OPERATORS],
  'Mutation.setUserRoles': ['/admin/users', ADMINISTRATORS],
  'Mutation.createProject': ['/admin/projects', ADMINISTRATORS],
  'Mutation.updateProjectSettings': ['/admin/projects', ADMINISTRATORS],
  'Mutation.importUsers': ['/admin/projects', ADMINISTRATORS],
  'Mutation.updateCertificateProfile': ['/admin/projects', ADMINISTRATORS],
  'Mutation.pauseSelfRegistration': ['/admin/projects', ADMINISTRATORS],
  'Mutation.resumeSelfRegistration': ['/admin/projects', ADMINISTRATORS],
  'Mutation.rotateActivationCode': ['/admin/projects', ADMINISTRATORS],
  'Mutation.updateIdPolicy': ['/admin/projects', ADMINISTRATORS],
  'Mutation.addProjectMember': ['/operator/projects', clientsToo(OPERATORS, HIDDEN)],
  'Mutation.updateProjectMember': ['/operator/projects', clientsToo(OPERATORS, HIDDEN)],
  'Mutation.removeProjectMember': ['/operator/projects', clientsToo(OPERATORS, HIDDEN)],
  'Mutation.inviteProjectMember': ['/operator/mobile-id/supply', clientsToo(OPERATORS, HIDDEN)],
  'Mutation.createApiClient': ['/admin/api-clients', ADMINISTRATORS],
  'Mutation.updateApiClient': ['/admin/api-clients', ADMINISTRATORS],
  'Mutation.rotateApiClientSecret': ['/admin/api-clients', ADMINISTRATORS],
  'Mutation.deleteApiClient': ['/admin/api-clients', ADMINISTRATORS],
  'Mutation.createScimToken': ['/admin/api-clients', ADMINISTRATORS],
  'Mutation.revokeScimToken': ['/admin/api-clients', ADMINISTRATORS],
  'Mutation.createIdentityProvider': ['/admin/identity-providers', ADMINISTRATORS],
  'Mutation.updateIdentityProvider': ['/admin/identity-providers', ADMINISTRATORS],
  'Mutation.deleteIdentityProvider': ['/admin/identity-providers', ADMINISTRATORS],
  'Mutation.createWebhookEndpoint': ['/admin/webhooks', ADMINISTRATORS],
  'Mutation.updateWebhookEndpoint': ['/admin/webhooks', ADMINISTRATORS],
  'Mutation.deleteWebhookEndpoint': ['/admin/webhooks', ADMINISTRATORS],
  'Mutation.rotateWebhookSecret': ['/admin/webhooks', ADMINISTRATORS],
  'Mutation.replayWebhooks': ['/admin/webhooks', ADMINISTRATORS],
  'Mutation.resendWebhookDelivery': ['/admin/webhooks', ADMINISTRATORS],
  'Mutation.testWebhookEndpoint': ['/admin/webhooks', ADMINISTRATORS],
  'Mutation.createAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Mutation.updateAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Mutation.deleteAccessRule': ['/admin/access-rules', ADMINISTRATORS],
  'Subscription.enrolmentBatch': ['/operator/enrolments', clientsToo(OPERATORS, HIDDEN)],
  'Subscription.projectEnrolments': ['/operator/enrolments', clientsToo(OPERATORS, HIDDEN)],
  'Subscription.assignedIds': ['/operator/assigned-ids', clientsToo(OPERATORS, HIDDEN)],
  'Subscription.enrolmentStatus': ['/enrolments/watch', clientsToo(WATCHERS, HIDDEN)],
  'Subscription.mobileIdProof': ['/sign-in', othersGet(PROVERS, HIDDEN)],
};

/** What every API client without another scope may read in this test. */
const IDS = '/operator/assigned-ids';

let server: TestServer;
let stage: Stagehand;
let clients: Readonly<Record<'all' | 'none' | 'noneOfIds' | 'elsewhere', TestClient>>;

beforeAll(async () => {
  server = await startTestServer();
  stage = await Stagehand.of(server);
  const { admin } = stage.cast;
  const elsewhere = await createProject(server, admin, newName('elsewhere'));
  clients = {
    all: await createClient(server, admin, { scopes: API_SCOPES }),
    none: await createClient(server, admin, { scopes: ['assigned-ids:read'] }),
    noneOfIds: await createClient(server, admin, { scopes: ['users:read'] }),
    elsewhere: await createClient(server, admin, {
      scopes: API_SCOPES.filter((scope) => scope !== 'users:write'), // knows no projects
      projectIds: [elsewhere],
    }),
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
  const scene = await stage.sceneFor(root.name, { isScanned: caller === 'device token' });
  const credentials = await credentialsOf(caller, scene, EXPECTED[root.name]?.[0] ?? '');
  const session = caller.startsWith('API client') ? undefined : credentials.token;
  const args = { ...scene.args, ...(await stage.ownArguments(name, session)) };
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
async function credentialsOf(caller: Caller, scene: Scene, resource: string) {
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
    'API client without scope': async () => ({
      token: await accessToken(server, clients[resource === IDS ? 'noneOfIds' : 'none']),
    }),
    'API client outside its projects': async () => ({
      token: await accessToken(server, clients.elsewhere),
    }),
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
  const { code, data } = await firstAnswer(`${server.url}/graphql`, query, { variables, params });
  return classOf(code, data?.[field.name]);
}

function row(outcome: Outcome): Expectation {
  const all = Object.fromEntries(CALLERS.map((caller) => [caller, outcome]));
  return all as Record<Caller, Outcome>;
}

/** What people get who are signed in, where what the call names is alva's and they are not. */
function othersGet(expected: Expectation, outcome: Outcome): Expectation {
  return {
    ...expected,
    'other user': outcome,
    'operator without step-up': outcome,
    operator: outcome,
    administrator: outcome,
  };
}

function allClients(outcome: Outcome): Pick<Expectation, ApiClientCaller> {
  return {
    'API client with scope': outcome,
    'API client without scope': outcome,
    'API client outside its projects': outcome,
  };
}

/** Adds API clients that have the scope; `outside` its projects is what such a client finds there. */
function clientsToo(expected: Expectation, outside: Outcome): Expectation {
  return {
    ...expected,
    'API client with scope': 'ALLOWED',
    'API client outside its projects': outside,
  };
}

/** None of these callers shows a certificate: who gets past the rules is told so. */
function withoutCertificate(expected: Expectation): Expectation {
  const told = Object.entries(expected).map(([caller, outcome]) => [
    caller,
    outcome === 'ALLOWED' ? 'INVALID_CREDENTIALS' : outcome,
  ]);
  return Object.fromEntries(told) as Expectation;
}

/** Fields behind which the caller is somebody else: who has proven to be that user, or the phone that holds the code. */
const BECOMES: Readonly<Record<string, 'owner' | 'device token'>> = {
  'Mutation.signInWithPassword': 'owner',
  'Mutation.signInWithClientCertificate': 'owner',
  'Mutation.verifyEmailCode': 'owner',
  'Mutation.verifySmsCode': 'owner',
  'Mutation.verifyTotp': 'owner',
  'Mutation.finishPasskeySignIn': 'owner',
  'Mutation.finishMobileIdProof': 'owner',
  'Mutation.changePassword': 'owner',
  'Mutation.claimEnrolment': 'device token',
  'Mutation.activateEnrolment': 'device token',
  'Mutation.renewMobileId': 'device token',
};

const ENROLMENT_VIEW = {
  AssignedId:
    'assignedAt confirmedAt hostReference id lastSeenAt number profile revokedAt status value',
  Certificate:
    'fingerprint id issuer keyOrigin kind notAfter notBefore pem recovered revocationReason revokedAt serialNumber status subject',
  Device: 'firstSeenAt id model name platform',
  Enrolment:
    'certificates channel codeExpiresAt completedAt createdAt delivery device events expiresAt failure id invitation openedAt profile project qr replaces status user',
  EnrolmentEvent: 'at cursor detail enrolment status',
  EnrolmentFailure: 'code message',
  MobileIdProfile:
    'accountName assignedId certificates device id name project registrationUrl renewableFrom serverName state suspendedBy user validFrom validTo',
  ProjectSummary: 'id name serverName',
  QrCode: 'png svg text uri',
  UserSummary: 'displayName id username',
} as const;
const OPEN_VIEW = {
  AccessDecision: 'missing outcome resource',
  CertificateAuthority: 'chain crlUrl fingerprint keyAlgorithm ocspUrl pem subject',
  KeyRequest: 'algorithms kind origin',
  MissingClause: 'anyOf',
  MissingRequirement: 'lastAt maxAgeSeconds method option provider reason',
  MobileIdChallenge: 'address displayName expiresAt hints id nonce userAgent',
  PasskeyCeremony: 'expiresAt id options',
  RenewalTask:
    'accountName challenge endsAt keyRequests needsWrappingKey profileId profileName renewableFrom serverName',
  SignInOption: 'label method provider url',
} as const;
const DEVICE_VIEW = {
  ...OPEN_VIEW,
  ...ENROLMENT_VIEW,
  DeviceTask:
    'accountName bringsEarlierKeys challenge confirmationCode deviceToken enrolmentId expiresAt keyRequests needsWrappingKey profileName serverName',
  IssuedMobileId: 'chain encryptionKeys profile',
  WrappedKey: 'certificateId jwe',
} as const;
/** His own: whatever stands in these types is for the person himself to see. */
const USER_VIEW = {
  ...OPEN_VIEW,
  ...ENROLMENT_VIEW,
  ApiClient: 'clientId createdAt enabled id lastUsedAt name projectIds scimTokens scopes',
  ClientCertificate: 'createdAt fingerprint id issuer notAfter subject',
  Evidence: 'at method provider',
  MobileIdOffer:
    'access channels defaultCertificates instructions name pendingEnrolment projectId recoverableCertificates selectableCertificates validityDays',
  MobileIdProof: 'expiresAt id number qr state',
  MobileIdProofEvent: 'deviceName id state',
  Passkey: 'createdAt id isBackedUp lastUsedAt name',
  Session: 'address createdAt evidence expiresAt id isCurrent lastUsedAt userAgent',
  SignIn: 'token viewer',
  StartedEnrolment: 'enrolment watchToken',
  TotpAuthenticator: 'createdAt id isConfirmed lastUsedAt name',
  TotpEnrolment: 'authenticator qr secret',
  User: 'createdAt displayName email externalId groups id methodLocks phone profiles roles sessions state username',
  Viewer: 'client evidence sessionExpiresAt user',
} as const;
const OPERATOR_VIEW = {
  ...USER_VIEW,
  AppLink: 'label qr url',
  AssignedIdConnection: 'nodes pageInfo totalCount',
  AssignedIdEvent: 'assignedId at cursor kind',
  CertificateProfile:
    'commonName country emailAddressInSubject extendedKeyUsages keyAlgorithms kind maxValidityDays organization organizationalUnit policies subjectAltNames validityDays',
  EnrolmentBatch:
    'certificates channel createdAt failed failures finishedAt id ordered project skipped state total',
  EnrolmentBatchConnection: 'nodes pageInfo totalCount',
  EnrolmentBatchFailure: 'failure reason userId',
  EnrolmentConnection: 'nodes pageInfo totalCount',
  KeyRecovery:
    'approvals approvedAt awaitsKey certificates createdAt enrolmentId expiresAt id reason requester state usedAt user',
  KeyRecoveryApproval: 'approver at',
  KeyRecoveryConnection: 'nodes pageInfo totalCount',
  Message:
    'attempts channel createdAt id nextAttemptAt problem projectId recipient sentAt state subjectId template',
  MessageConnection: 'nodes pageInfo totalCount',
  MobileIdProfileConnection: 'nodes pageInfo totalCount',
  PageInfo: 'endCursor hasNextPage',
  Project:
    'assignedIds certificateProfiles createdAt id member members mode name selfRegistration settings',
  ProjectConnection: 'nodes pageInfo totalCount',
  ProjectMember: 'addedAt hostId id invitation latestEnrolment syncId user',
  ProvisioningSettings:
    'accountNameTemplate appLinks channels codeTtlSeconds confirmation dailyExpiryReminders defaultCertificates emailMessage emailSubject enrolmentTtlSeconds expiryReminderDays importMaxRemovedPercent instructions invitationTtlSeconds language maxProfilesPerUser membersOnly notifyOnFailure notifyOnSuccess profileNameTemplate recoverEncryptionCertificates registrationUrlTemplate selectableCertificates selfService serverName smsMessage validityDays',
  SubjectAltNameTemplate: 'type value',
  UserConnection: 'nodes pageInfo totalCount',
} as const;
const ADMINISTRATOR_VIEW = {
  ...OPERATOR_VIEW,
  AccessConditions: 'callers groups networks notGroups roles scopes windows',
  AccessExplanation: 'decision note verdicts',
  AccessRule: 'description effect enabled id name require resources updatedAt versions when',
  AccessRuleVersion: 'actor at change rule version',
  ApiClientSecret: 'client clientSecret',
  AttributeMapping: 'displayName email groups username',
  AuditConnection: 'nodes pageInfo',
  AuditEntry: 'action actor address at detail id outcome requestId target',
  AuthenticationClause: 'anyOf',
  AuthenticationRequirement: 'maxAgeSeconds method provider',
  IdentityProvider:
    'acceptUnsolicited acsUrl attributes authenticationContext certificates createUsers enabled entityId id label metadataUrl name signInUrl signOutUrl',
  ImportChange:
    'action before changed displayName email hasAccount hostId invites isShared line returns syncId',
  ImportedValues: 'email hostId name syncId',
  ImportProblem: 'column line message',
  UserImport:
    'added changes dryRun encoding ignoredColumns invited kept maxRemovedPercent members problemCount problems removed removesTooMany rows separator unchanged updated',
  InvitationPreview: 'html sms subject text',
  NewScimToken: 'scimToken token',
  MessagePlaceholder: 'meaning name settings',
  TextMessagePreview: 'encoding parts text',
  Resource: 'description guards inheritedRules path rules',
  ScimToken: 'createdAt expiresAt id lastUsedAt name projectId',
  RuleVerdict: 'because matched resource rule satisfied',
  TimeWindow: 'days from timeZone to',
  WebhookAttempt: 'at milliseconds problem status',
  WebhookDelivery:
    'attemptLog attempts createdAt finishedAt id nextAttemptAt payload state type webhookId',
  WebhookDeliveryConnection: 'nodes pageInfo totalCount',
  WebhookEndpoint:
    'alertEmail createdAt description disabledAt disabledReason enabled eventTypes failingSince id projectId url',
  WebhookEndpointSecret: 'endpoint secret',
} as const;

/** What has to do with a person's own sessions and proofs: an API client is none. */
const OF_PEOPLE = [
  'Message',
  'MessageConnection',
  'KeyRecovery',
  'KeyRecoveryApproval',
  'KeyRecoveryConnection',
  ...['ClientCertificate', 'MobileIdOffer', 'MobileIdProof', 'MobileIdProofEvent', 'Passkey'],
  ...['PasskeyCeremony', 'Session', 'SignIn', 'TotpAuthenticator', 'TotpEnrolment'],
];

/** What each caller can get to see, type by type. A new field on one of these types is shown to all who are named here. */
const SEEN: Readonly<Record<Caller, Readonly<Record<string, string>>>> = {
  nobody: OPEN_VIEW,
  'owner without step-up': without(USER_VIEW, 'SignIn', 'StartedEnrolment', 'TotpEnrolment'),
  owner: USER_VIEW,
  'other user': without(USER_VIEW, 'MobileIdProof', 'SignIn'),
  'operator without step-up': without(
    USER_VIEW,
    ...['MobileIdProof', 'SignIn', 'StartedEnrolment', 'TotpEnrolment'],
  ),
  operator: without(OPERATOR_VIEW, 'MobileIdProof', 'SignIn'),
  administrator: without(ADMINISTRATOR_VIEW, 'MobileIdProof', 'SignIn'),
  'watch token': { ...OPEN_VIEW, ...ENROLMENT_VIEW },
  'device token': DEVICE_VIEW,
  'API client with scope': without(OPERATOR_VIEW, ...OF_PEOPLE),
  'API client without scope': {
    ...without(USER_VIEW, ...OF_PEOPLE, 'StartedEnrolment', ...Object.keys(ENROLMENT_VIEW)),
  },
  'API client outside its projects': without(OPERATOR_VIEW, ...OF_PEOPLE),
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
