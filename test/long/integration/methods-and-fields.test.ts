import { createSchemaOnly } from '../../../src/app';
import { resourceOf } from '../../../src/edge/graphql/schema-rules';
import { AUTHENTICATION_METHODS, type AuthenticationMethod } from '../../../src/kernel/actor';
import { firstAnswer } from '../../helpers/edge/edge-socket';
import { forgetAttempts } from '../../helpers/rows';
import {
  operationFor,
  rootFieldsOf,
  Stagehand,
  type RootField,
  type Scene,
} from '../../helpers/scenes';
import { startTestServer, type TestServer } from '../../helpers/server';
import { sessionOf } from '../../helpers/sessions';

/** Of a person: API clients have a table of their own. */
const METHODS = AUTHENTICATION_METHODS.filter((method) => method !== 'CLIENT_CREDENTIALS');
type Refusal = 'INSUFFICIENT_USER_AUTHENTICATION' | 'UNAUTHENTICATED' | 'FORBIDDEN';

const EVERY_METHOD: readonly AuthenticationMethod[] = METHODS;
const FIRST: readonly AuthenticationMethod[] = ['PASSWORD', 'SAML', 'PASSKEY'];
const BOTH: readonly AuthenticationMethod[] = ['SAML', 'PASSKEY'];

/** By the default rules: which methods, each alone in a fresh session, open what lies below the path. The longest path counts. */
const OPENED_BY: Readonly<Record<string, readonly AuthenticationMethod[]>> = {
  '/sign-in': EVERY_METHOD,
  '/device': EVERY_METHOD,
  '/certificate-authority': EVERY_METHOD,
  '/mobile-id': FIRST,
  '/mobile-id/get': BOTH,
  '/enrolments': FIRST,
  '/account': FIRST,
  '/account/methods': BOTH,
  '/operator': BOTH,
  '/admin': BOTH,
};

let server: TestServer;
let stage: Stagehand;
const schemaReady = createSchemaOnly();

beforeAll(async () => {
  server = await startTestServer();
  stage = await Stagehand.of(server);
});
afterAll(() => server.stop());

test('each method alone opens those fields that the default rules open to it', async () => {
  const found: Record<string, readonly AuthenticationMethod[]> = {};
  const expected: Record<string, readonly AuthenticationMethod[]> = {};
  for (const root of rootFieldsOf(await schemaReady)) {
    const opening = openedBy(resourceOf(root.field) ?? '');
    expected[root.name] = METHODS.filter((method) => opening.includes(method));
    found[root.name] = await openersOf(root);
  }
  expect(found).toEqual(expected);
}, 300_000); // each method times each field

test('guarded fields below the root need the same methods as root fields of their resource', async () => {
  const schema = await schemaReady;
  const guarded = Object.values(schema.getTypeMap()).flatMap((type) =>
    'getFields' in type
      ? Object.values(type.getFields()).flatMap((field) => resourceOf(field as never) ?? [])
      : [],
  );
  for (const resource of new Set(guarded)) {
    const opening: string[] = [];
    for (const method of METHODS) {
      const token = await sessionOf(server, stage.cast.adminId, [method]);
      const { data } = await server.graphql(
        'query ($resource: String!) { resourceAccess(resource: $resource) { outcome } }',
        { resource },
        { token },
      );
      if (data.resourceAccess.outcome === 'ALLOWED') opening.push(method);
    }
    expect([resource, opening.sort()]).toEqual([resource, [...openedBy(resource)].sort()]);
  }
});

function openedBy(resource: string): readonly AuthenticationMethod[] {
  const path = Object.keys(OPENED_BY)
    .filter((root) => resource === root || resource.startsWith(`${root}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (path === undefined) throw new Error(`Which methods open ${resource}?`);
  return OPENED_BY[path] ?? [];
}

/** The methods which, alone, let an administrator through by the rules. */
async function openersOf(root: RootField): Promise<AuthenticationMethod[]> {
  const { args } = await stage.sceneFor(root.name);
  const openers: AuthenticationMethod[] = [];
  for (const method of METHODS) if (await passes(root, args, method)) openers.push(method);
  return openers;
}

/** What the service then says is another matter: what the call is about may be somebody else's, or used up. */
async function passes(
  root: RootField,
  general: Scene['args'],
  method: AuthenticationMethod,
): Promise<boolean> {
  await forgetAttempts(server.database);
  const token = await sessionOf(server, stage.cast.adminId, [method]);
  const args = { ...general, ...(await stage.ownArguments(root.field.name, token)) };
  const query = operationFor(root, args);
  const code =
    root.kind === 'subscription'
      ? await codeOfSubscription(query, args, token)
      : (await server.graphql(query, args, { token })).errors[0]?.extensions.code;
  if (UNJUDGED.has(code ?? '')) throw new Error(`${root.name} was not judged: ${code ?? ''}`);
  return !REFUSALS.has(code as Refusal);
}

/** What comes before any judgement, and would look as if the rules had let it through. */
const UNJUDGED: ReadonlySet<string> = new Set([
  'BAD_USER_INPUT',
  'GRAPHQL_VALIDATION_FAILED',
  'INTERNAL',
  'RATE_LIMITED',
]);

const REFUSALS: ReadonlySet<Refusal> = new Set([
  'INSUFFICIENT_USER_AUTHENTICATION',
  'UNAUTHENTICATED',
  'FORBIDDEN',
] as const);

async function codeOfSubscription(
  query: string,
  variables: object,
  token: string,
): Promise<string | undefined> {
  const params = { authorization: `Bearer ${token}` };
  const { code } = await firstAnswer(`${server.url}/graphql`, query, { variables, params });
  return code;
}
