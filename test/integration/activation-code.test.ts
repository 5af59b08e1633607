import { accessToken, createClient } from '../helpers/api-clients';
import { gatherCast, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { HonestOrNotPhone } from '../helpers/phone';
import { qrCodeIn } from '../helpers/browser/poppler';
import {
  createSelfRegistration,
  tryCreateSelfRegistration,
  type SelfRegistrationStage,
} from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { API_SCOPES } from '../../src/kernel/api-scopes';

const LINKS = [
  { label: 'Signet for Android', url: 'https://apps.example.org/android?id=signet' },
  { label: 'Signet für iPhone', url: 'https://apps.example.org/iphone' },
];

let server: TestServer;
let cast: Cast;
let stage: SelfRegistrationStage;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
  stage = await createSelfRegistration(server, cast.admin, null, {
    instructions: 'Scan it.\nThen follow the steps, Ödön.',
    appLinks: LINKS,
    serverName: 'Gate',
  });
});
afterAll(() => server.stop());

function get(
  format: string,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${cast.admin}` },
  projectId = stage.projectId,
): Promise<Response> {
  return fetch(`${server.url}/projects/${projectId}/activation-code.${format}`, { headers });
}

async function bytesOf(answer: Response): Promise<Buffer> {
  return Buffer.from(await answer.arrayBuffer());
}

async function refusal(answer: Response): Promise<string> {
  return `${String(answer.status)} ${((await answer.json()) as { code: string }).code}`;
}

test('the PNG says what the QR code says, and a phone that reads it gets an ID', async () => {
  const answer = await get('png');
  expect(answer.headers.get('content-type')).toBe('image/png');
  expect(answer.headers.get('content-disposition')).toBe(
    'attachment; filename=activation-code.png',
  );
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const read = qrCodeIn(await bytesOf(answer));
  expect(read).toBe(stage.uri);
  const { profile } = await new HonestOrNotPhone(server).enrol(read?.split('#')[1] ?? '');
  expect(profile.accountName).toBe('1');
});

test('the SVG is the one that GraphQL shows', async () => {
  const answer = await get('svg');
  expect(answer.headers.get('content-type')).toMatch(/^image\/svg\+xml/);
  const { data } = await server.graphql(
    'query ($id: ID!) { project(id: $id) { selfRegistration { qr { svg } } } }',
    { id: stage.projectId },
    { token: cast.admin },
  );
  expect((await bytesOf(answer)).toString()).toBe(data.project.selfRegistration.qr.svg);
});

test('the page to print is a PDF, and links to apps have QR codes of their own', async () => {
  const answer = await get('pdf');
  expect(answer.headers.get('content-type')).toBe('application/pdf');
  expect((await bytesOf(answer)).subarray(0, 5).toString()).toBe('%PDF-');
  const { data } = await server.graphql(
    'query ($id: ID!) { project(id: $id) { settings { appLinks { label url qr { says: uri } } } selfRegistration { pdf } } }',
    { id: stage.projectId },
    { token: cast.admin },
  );
  const { settings, selfRegistration } = data.project;
  const pdf = Buffer.from(selfRegistration.pdf as string, 'base64');
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  expect(settings.appLinks).toEqual(LINKS.map((link) => ({ ...link, qr: { says: link.url } })));
});

test('a session in a cookie will do, unless another site made the browser send it', async () => {
  const cookie = `signet=${await sessionOf(server, cast.adminId)}`;
  expect((await get('png', { cookie })).status).toBe(200);
  const fromElsewhere = { cookie, 'sec-fetch-site': 'cross-site' };
  expect(await refusal(await get('png', fromElsewhere))).toBe('401 UNAUTHENTICATED');
});

test.each(['png', 'svg', 'pdf'])(
  'the %s is for administrators with all their proofs',
  async (format) => {
    expect(await refusal(await get(format, {}))).toBe('401 UNAUTHENTICATED');
    const outcomes: string[] = [];
    const client = await createClient(server, cast.admin, { scopes: API_SCOPES });
    for (const token of [
      'A'.repeat(43),
      cast.alva.token,
      cast.operator.token,
      await accessToken(server, client),
      await sessionOf(server, cast.adminId, ['PASSWORD']),
    ]) {
      outcomes.push(await refusal(await get(format, { authorization: `Bearer ${token}` })));
    }
    expect(outcomes).toEqual([
      '401 UNAUTHENTICATED',
      '403 FORBIDDEN',
      '403 FORBIDDEN',
      '403 FORBIDDEN',
      '401 INSUFFICIENT_USER_AUTHENTICATION',
    ]);
  },
);

test.each([
  ['MANAGED', () => cast.projectId, '409 WRONG_PROJECT_MODE'],
  ['unknown', () => cast.alva.id, '404 NOT_FOUND'],
  ['no', () => 'nothing', '404 NOT_FOUND'],
])('of a project that is %s there is none', async (_, projectId, expected) => {
  expect(await refusal(await get('png', undefined, projectId()))).toBe(expected);
});

test('there is no other format, and nothing to be posted', async () => {
  expect((await get('gif')).status).toBe(404);
  const url = `${server.url}/projects/${stage.projectId}/activation-code.png`;
  const headers = { authorization: `Bearer ${cast.admin}` };
  expect((await fetch(url, { method: 'POST', headers })).status).toBe(404);
});

test('after a rotation the files show the new code', async () => {
  const own = await createSelfRegistration(server, cast.admin);
  await server.graphql(
    'mutation ($id: ID!) { rotateActivationCode(projectId: $id) { id } }',
    { id: own.projectId },
    { token: cast.admin },
  );
  const read = qrCodeIn(await bytesOf(await get('png', undefined, own.projectId)));
  expect(read).toMatch(/#[\w-]{22}$/);
  expect(read).not.toBe(own.uri);
});

test('an unreadable link to an app is refused with its field', async () => {
  const settings = { appLinks: [{ label: 'App', url: 'javascript:alert(1)' }] };
  const { errors } = await tryCreateSelfRegistration(server, cast.admin, {
    name: newName('links'),
    settings,
  });
  expect(errors[0]?.extensions).toMatchObject({
    code: 'INVALID_INPUT',
    fields: [{ field: 'input.settings.appLinks' }],
  });
});
