import { gatherCast, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { forgetAttempts } from '../helpers/rows';
import { CookieBrowser, messageIn, type Visit } from '../helpers/saml/saml-browser';
import {
  logoutRequestXml,
  postedMessage,
  redirectQuery,
  rightLogout,
} from '../helpers/saml/saml-logout';
import { newMessageId, signingKey } from '../helpers/saml/saml-provider';
import {
  createProvider,
  refusalOf,
  SamlSignIn,
  signInBySaml,
  type Changes,
  type KnownProvider,
} from '../helpers/saml/saml-stage';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;
let provider: KnownProvider;
let open: KnownProvider;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  provider = await createProvider(server, cast.admin, newName('corp'));
  open = await createProvider(server, cast.admin, newName('open'), { acceptUnsolicited: true });
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

const REFUSED = '/?signInProblem=SAML_REFUSED';
const EXPIRED = '/?signInProblem=SAML_EXPIRED';
/** More than any limit of an address was. */
const FLOOD = 130;

/** The same again and again, a few at a time; gives where they end. */
async function flood(send: () => Promise<Visit>, times = FLOOD): Promise<Set<string>> {
  const ends = new Set<string>();
  for (let sent = 0; sent < times; sent += 10) {
    const batch = await Promise.all(Array.from({ length: 10 }, send));
    for (const { location } of batch) ends.add(location);
  }
  return ends;
}

const points = async (limit: string): Promise<number> => {
  const [row] = await server.database.query<{ points: number }>(
    `SELECT coalesce(sum(points), 0)::int AS points FROM rate_limit WHERE key LIKE $1`,
    [`${limit}:%`],
  );
  return row?.points ?? 0;
};

describe('forms that other sites have browsers post', () => {
  const forged = (at: KnownProvider, inResponseTo: string | null) => {
    const signIn = new SamlSignIn(server, at);
    const fields = { inResponseTo, confirmedRequest: inResponseTo };
    const xml = signIn.xml(newName('user'), { fields });
    return () => signIn.post(xml);
  };

  test.each<[string, string, () => () => Promise<Visit>]>([
    ['answers to requests that nobody began', EXPIRED, () => forged(provider, newMessageId())],
    ['answers to nothing', REFUSED, () => forged(provider, null)],
    ['rubbish', REFUSED, () => () =>
      new CookieBrowser(server.url).post(`/saml/${provider.name}/acs`, { SAMLResponse: 'x' })],
    ['logout messages by nobody', REFUSED, () => () =>
      new CookieBrowser(server.url).post(`/saml/${provider.name}/logout`, { SAMLRequest: 'x' })],
  ])('lock nobody out behind the same address: %s', async (_, end, make) => {
    expect(await flood(make())).toEqual(new Set([end]));
    expect(await points('proof/address')).toBe(0);
    const token = await signInBySaml(server, provider, newName('user'));
    expect(token).not.toBe('');
  }); // prettier-ignore

  test('are of no use to who may send answers that nobody asked for', async () => {
    const stranger = await signingKey();
    const signIn = new SamlSignIn(server, open);
    const forgery = signIn.xml(newName('user'), { signing: { key: stranger } });
    expect(await flood(() => signIn.post(forgery))).toEqual(new Set([REFUSED]));
    const answered = await new SamlSignIn(server, open).answer(newName('user'));
    expect(answered.location).toContain('/finish?');
  });

  test('that repeat a right answer nobody asked for are counted by its signature alone', async () => {
    const signIn = new SamlSignIn(server, open);
    const xml = signIn.xml(newName('user'));
    const ends = [];
    for (let i = 0; i < 4; i += 1) ends.push((await signIn.post(xml)).location);
    expect(ends.map((end) => end.replace(/.*\/finish\?.*/, 'finish'))).toEqual([
      ...['finish', REFUSED, REFUSED, '/?signInProblem=RATE_LIMITED'],
    ]);
    const another = await new SamlSignIn(server, open).answer(newName('user'));
    expect(another.location).toContain('/finish?');
  });
});

describe('a request', () => {
  const wrong: Changes = { fields: { audience: 'https://elsewhere.example.org' } };

  test('is answered after two wrong answers', async () => {
    const signIn = await new SamlSignIn(server, provider).begin();
    for (let i = 0; i < 2; i += 1) {
      expect((await signIn.answer(newName('user'), wrong)).location).toBe(REFUSED);
      expect(await refusalOf(server, provider.name)).toBe('AUDIENCE');
    }
    expect((await signIn.answer(newName('user'))).location).toContain('/finish?');
  });

  test('is not answered after three, even rightly', async () => {
    const signIn = await new SamlSignIn(server, provider).begin();
    for (let i = 0; i < 3; i += 1) await signIn.answer(newName('user'), wrong);
    expect((await signIn.answer(newName('user'))).location).toBe(REFUSED);
    expect(await refusalOf(server, provider.name)).toBe('TOO_MANY_ANSWERS');
    await expect(signInBySaml(server, provider, newName('user'))).resolves.toBeDefined();
  });
});

test.each(['redirect', 'post'] as const)(
  "a provider's logout request by %s is taken whatever others have sent",
  async (binding) => {
    const name = newName('user');
    await signInBySaml(server, provider, name);
    const path = `/saml/${provider.name}/logout`;
    const browser = new CookieBrowser(server.url);
    const stranger = await signingKey();
    const send = (key: typeof stranger) => {
      const xml = logoutRequestXml(rightLogout(provider, name));
      return binding === 'post'
        ? browser.post(path, { SAMLRequest: postedMessage(xml, key) })
        : browser.get(`${path}?${redirectQuery('SAMLRequest', xml, { key })}`);
    };
    expect(await flood(() => send(stranger))).toEqual(new Set([REFUSED]));
    expect((await send(provider.key)).location).toContain('SAMLResponse=');
  },
);

describe('a sign-in', () => {
  const path = () => `/saml/${provider.name}/sign-in`;

  test.each([
    ['a picture', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a frame', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['a script', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['a picture of an older browser', { 'sec-fetch-mode': 'no-cors' }],
  ])('is not begun by %s in a page', async (_, headers) => {
    const browser = new CookieBrowser(server.url);
    const refused = await browser.get(path(), headers);
    expect([refused.status, refused.location]).toEqual([400, '']);
    expect(browser.cookie('signet-saml')).toBeUndefined();
    expect(await points('saml/begin')).toBe(0);
  });

  test.each([
    ['a link', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
    ['a browser that says nothing', {}],
  ])('is begun by %s', async (_, headers) => {
    const { location } = await new CookieBrowser(server.url).get(path(), headers);
    expect(messageIn(location).id).toMatch(/^_[0-9a-f]{40}$/);
    expect(await points('saml/begin')).toBe(1);
  });

  test('that ends well is not counted', async () => {
    await new SamlSignIn(server, provider).begin();
    await signInBySaml(server, provider, newName('user'));
    expect(await points('saml/begin')).toBe(1);
  });
});

describe('a message', () => {
  const many = (count: number, part: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => part(i)).join('');
  const attributes = (count: number) =>
    `<x:a xmlns:x="urn:x"${many(count, (i) => ` a${String(i)}="b"`)}/>`;

  test.each<[string, string, string]>([
    ['elements', many(400, () => '<a/>'), many(500, () => '<a/>')],
    ['attributes of one element', attributes(19), attributes(20)],
  ])('of too many %s is not looked at', async (_, enough, tooMuch) => {
    const end = async (moreParts: string) => {
      const signIn = await new SamlSignIn(server, provider).begin();
      return (await signIn.answer(newName('user'), { fields: { moreParts } })).location;
    };
    expect(await end(enough)).toContain('/finish?');
    expect(await end(tooMuch)).toBe(REFUSED);
    expect(await refusalOf(server, provider.name)).toBe('MALFORMED');
  });
});
