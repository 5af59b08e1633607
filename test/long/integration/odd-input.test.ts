import {
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputType,
} from 'graphql';
import { createSchemaOnly } from '../../../src/app';
import { headersOf, type Caller } from '../../helpers/graphql';
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

type Path = readonly string[];

const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e\uffff',
  'x'.repeat(20_000),
  "' OR 1=1 --",
  '%_\\',
  '{link}{',
  '00000000-0000-4000-8000-000000000000',
];
const ODD_NUMBERS = [0, -1, 2_147_483_647, -2_147_483_648];
const AS_WHOM: Readonly<Record<string, 'nobody' | 'alva'>> = {
  signInWithPassword: 'nobody',
  claimEnrolment: 'nobody',
  activateEnrolment: 'nobody',
  enrolment: 'alva',
  cancelEnrolment: 'alva',
  confirmDevice: 'alva',
  renewEnrolmentCode: 'alva',
  startEnrolment: 'alva',
};
/** What a value is looked at with only. */
const BESIDE: Readonly<Record<string, readonly [path: Path, value: unknown]>> = {
  idPolicy: [['input', 'mode'], 'SELF_REGISTRATION'],
};
/** What the server says of input that it understands but will not have, or of what is not there. */
const FORESEEN = new Set([
  'NONE',
  'INVALID_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'FORBIDDEN',
  'INVALID_CREDENTIALS',
  'INVALID_TRANSITION',
  'CODE_UNKNOWN',
  'DEVICE_PROOF_REJECTED',
  'CSR_REJECTED',
  'CHANNEL_NOT_AVAILABLE',
  'CERTIFICATE_NOT_SELECTABLE',
  'CONFIRMATION_WRONG',
  'ENROLMENT_CANCELLED',
  'ENROLMENT_COMPLETED',
  'ENROLMENT_TAKEN',
  'USER_NOT_ACTIVE',
]);

interface Place {
  readonly path: Path;
  readonly type: GraphQLInputType;
}

let server: TestServer;
let stage: Stagehand;
const fields = createSchemaOnly().then((schema) =>
  rootFieldsOf(schema).filter(
    ({ kind, field }) => kind !== 'subscription' && field.args.length > 0,
  ),
);

beforeAll(async () => {
  server = await startTestServer();
  stage = await Stagehand.of(server);
});
afterAll(() => server.stop());

test('odd values at any place of any argument are refused or taken, and never surprise the server', async () => {
  const surprises: string[] = [];
  let calls = 0;
  for (const root of await fields) {
    const scene = await stage.sceneFor(root.name);
    const caller = await callerFor(root);
    for (const { path, type } of root.field.args.flatMap((arg) => placesIn([arg.name], arg.type))) {
      for (const value of oddValues(type)) {
        calls += 1;
        const args = withValue(argsBeside(scene.args, path), path, value);
        const code = await codeFor(root, args, caller);
        if (!FORESEEN.has(code)) {
          surprises.push(
            `${root.name}(${path.join('.')}: ${JSON.stringify(value).slice(0, 40)}): ${code}`,
          );
        }
      }
    }
  }
  expect(surprises).toEqual([]);
  expect(calls).toBeGreaterThan(500);
}, 600_000);

async function callerFor({ field }: RootField): Promise<Caller> {
  const who = AS_WHOM[field.name];
  if (who === 'nobody') return {};
  const { alva, adminId } = stage.cast;
  return { token: await sessionOf(server, who === 'alva' ? alva.id : adminId) };
}

function argsBeside(args: Scene['args'], path: Path): Scene['args'] {
  const beside = path.flatMap((name) => (name in BESIDE ? [BESIDE[name]] : []))[0];
  return beside === undefined ? args : withValue(args, ...beside);
}

/** Not by the helper that notes secrets: what is sent here is none. */
async function codeFor(root: RootField, args: Scene['args'], caller: Caller): Promise<string> {
  await forgetAttempts(server.database);
  const body = JSON.stringify({ query: operationFor(root, args), variables: args });
  const headers = { 'content-type': 'application/json', ...headersOf(caller) };
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
  const answer = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return answer.errors?.[0]?.extensions.code ?? 'NONE';
}

/** The argument itself, and each field of the inputs below it. */
function placesIn(path: Path, type: GraphQLInputType): Place[] {
  const named = getNamedType(type);
  const below =
    isInputObjectType(named) && path.length < 4
      ? Object.values(named.getFields()).flatMap((field) =>
          placesIn([...path, ...(isList(type) ? ['0'] : []), field.name], field.type),
        )
      : [];
  return [{ path, type }, ...below];
}

function isList(type: GraphQLInputType): boolean {
  return isListType(getNullableType(type));
}

function oddValues(type: GraphQLInputType): unknown[] {
  const absent = isNonNullType(type) ? [] : [null];
  const single = oddSingles(getNamedType(type).name);
  return [...absent, ...(isList(type) ? [[], ...single.map((value) => [value])] : single)];
}

function oddSingles(name: string): unknown[] {
  if (name === 'String' || name === 'ID') return ODD_TEXTS;
  return name === 'Int' ? ODD_NUMBERS : [];
}

/** The arguments with one value exchanged; what is missing on the way there is made. */
function withValue(whole: unknown, [name, ...rest]: Path, value: unknown): Record<string, unknown> {
  const copy: any = Array.isArray(whole) ? [...whole] : { ...Object(whole) };
  if (name === undefined) return copy;
  const makeList = rest[0] === '0' && !Array.isArray(copy[name]);
  copy[name] = rest.length === 0 ? value : withValue(makeList ? [] : copy[name], rest, value);
  return copy;
}
