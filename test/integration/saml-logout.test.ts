import { createVerify, X509Certificate } from 'node:crypto';
import { gatherCast, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { forgetAttempts } from '../helpers/rows';
import { CookieBrowser, messageIn, type Visit } from '../helpers/saml/saml-browser';
import {
  logoutRequestXml,
  logoutResponseXml,
  postedMessage,
  redirectQuery,
  rightLogout,
  type LogoutFields,
} from '../helpers/saml/saml-logout';
import { newMessageId, signingKey, type SigningKey } from '../helpers/saml/saml-provider';
import {
  createProvider,
  refusalOf,
  SamlSignIn,
  signInBySaml,
  type KnownProvider,
} from '../helpers/saml/saml-stage';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;
let provider: KnownProvider;
let other: KnownProvider;
let stranger: SigningKey;
let name: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  provider = await createProvider(server, cast.admin, newName('corp'));
  other = await createProvider(server, cast.admin, newName('other'));
  stranger = await signingKey();
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  name = newName('user');
});
afterAll(() => server.stop());

const isAlive = async (token: string): Promise<boolean> =>
  (await server.graphql('{ viewer { user { id } } }', {}, { token })).errors.length === 0;
const REFUSED = '/?signInProblem=SAML_REFUSED';
const from = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

type Sent = Partial<LogoutFields> & { key?: SigningKey; relayState?: string };

/** What the provider sends through a browser that is nobody's. */
function provide(
  binding: 'redirect' | 'post',
  { key = provider.key, relayState, ...fields }: Sent,
) {
  const xml = logoutRequestXml({ ...rightLogout(provider, name), ...fields });
  const browser = new CookieBrowser(server.url);
  const path = `/saml/${provider.name}/logout`;
  return binding === 'post'
    ? browser.post(path, {
        SAMLRequest: postedMessage(xml, key),
        ...(relayState === undefined ? {} : { RelayState: relayState }),
      })
    : browser.get(
        `${path}?${redirectQuery('SAMLRequest', xml, { key, ...(relayState === undefined ? {} : { relayState }) })}`,
      );
}

async function isSignedByUs({ location }: Visit): Promise<boolean> {
  const [row] = await server.database.query<{ certificate: Buffer }>(
    'SELECT certificate FROM saml_key',
  );
  const url = new URL(location);
  const [signed = '', signature = ''] = url.search.slice(1).split('&Signature=');
  const { publicKey } = new X509Certificate(row?.certificate ?? Buffer.alloc(0));
  return createVerify('sha256')
    .update(signed)
    .verify(publicKey, decodeURIComponent(signature), 'base64');
}

describe.each(['redirect', 'post'] as const)('a sign-out at the provider, by %s', (binding) => {
  test('ends the sessions of the name, and is answered, signed', async () => {
    const tokens = [
      await signInBySaml(server, provider, name),
      await signInBySaml(server, provider, name),
    ];
    const neighbour = await signInBySaml(server, provider, newName('neighbour'));
    const elsewhere = await signInBySaml(server, other, name);
    const id = newMessageId();
    const answer = await provide(binding, { id, relayState: "(the provider's) state!" });
    const { url, xml } = messageIn(answer.location);
    expect(`${url.origin}${url.pathname}`).toBe(`https://${provider.name}.example.org/slo`);
    expect(xml).toContain(`InResponseTo="${id}"`);
    expect(xml).toContain('status:Success');
    expect(url.searchParams.get('RelayState')).toBe("(the provider's) state!");
    expect(await isSignedByUs(answer)).toBe(true);
    expect(await Promise.all(tokens.map(isAlive))).toEqual([false, false]);
    expect(await Promise.all([neighbour, elsewhere].map(isAlive))).toEqual([true, true]);
  });

  test('of one session ends that one', async () => {
    const sessionIndex = newMessageId();
    const one = await signInBySaml(server, provider, name, { fields: { sessionIndex } });
    const another = await signInBySaml(server, provider, name);
    await provide(binding, { sessionIndexes: [sessionIndex] });
    expect(await Promise.all([one, another].map(isAlive))).toEqual([false, true]);
  });

  test.each<[string, string, () => Sent]>([
    ['for another destination', 'DESTINATION', () => ({ destination: other.acsUrl })],
    ['without a destination', 'DESTINATION', () => ({ destination: null })],
    ['of another issuer', 'ISSUER', () => ({ issuer: other.issuer })],
    ['signed by another provider', 'SIGNATURE', () => ({ key: other.key })],
    ['signed by nobody known', 'SIGNATURE', () => ({ key: stranger })],
    ['that is too old', 'EXPIRED', () => ({ issuedAt: from(-400), notOnOrAfter: null })],
    ['that has expired', 'EXPIRED', () => ({ notOnOrAfter: from(-70) })],
    ['of tomorrow', 'NOT_YET_VALID', () => ({ issuedAt: from(70) })],
    ['of another version', 'VERSION', () => ({ version: '1.1' })],
  ])('%s does nothing: %s', async (_, reason, changes) => {
    const token = await signInBySaml(server, provider, name);
    expect((await provide(binding, changes())).location).toBe(REFUSED);
    expect(await refusalOf(server, provider.name)).toBe(reason);
    expect(await isAlive(token)).toBe(true);
    expect((await provide(binding, {})).location).toContain('SAMLResponse=');
    expect(await isAlive(token)).toBe(false);
  });

  test('works once', async () => {
    const id = newMessageId();
    expect((await provide(binding, { id })).location).toContain('SAMLResponse=');
    const token = await signInBySaml(server, provider, name);
    expect((await provide(binding, { id })).location).toBe(REFUSED);
    expect(await refusalOf(server, provider.name)).toBe('REPLAY');
    expect(await isAlive(token)).toBe(true);
  });
});

describe('a query', () => {
  const request = () => logoutRequestXml(rightLogout(provider, name));
  const send = (query: string) =>
    new CookieBrowser(server.url).get(`/saml/${provider.name}/logout?${query}`);
  const right = () =>
    redirectQuery('SAMLRequest', request(), { key: provider.key, relayState: 'a' });

  test.each<[string, string, () => string]>([
    ['that is not signed', 'UNSIGNED', () => right().replace(/&SigAlg.*/, '')],
    ['without the algorithm', 'UNSIGNED', () => right().replace(/&SigAlg=[^&]*/, '')],
    ['signed with SHA-1', 'ALGORITHM', () =>
      redirectQuery('SAMLRequest', request(), { key: provider.key, hash: 'sha1' })],
    ['with another state', 'SIGNATURE', () => right().replace('RelayState=a', 'RelayState=b')],
    ['without its state', 'SIGNATURE', () => right().replace('&RelayState=a', '')],
    ['with a second message', 'MALFORMED', () => `SAMLRequest=evil&${right()}`],
    ['with a message of the other kind', 'MALFORMED', () => `SAMLResponse=evil&${right()}`],
    ['with a message that is hidden by its name', 'SIGNATURE', () =>
      right().replace(/SAMLRequest=[^&]*/, 'SAMLRequest=eA==').replace(/$/, `&xSAMLRequest=1`)],
    ['with a bomb in it', 'MALFORMED', () =>
      redirectQuery('SAMLRequest', request().replace('<saml:NameID', `${' '.repeat(5_000_000)}<saml:NameID`), { key: provider.key })],
    ['with an entity in it', 'DOCTYPE', () =>
      redirectQuery('SAMLRequest', `<!DOCTYPE x [<!ENTITY a "b">]>${request()}`, { key: provider.key })],
  ])('%s does nothing: %s', async (_, reason, query) => {
    const token = await signInBySaml(server, provider, name);
    expect((await send(query())).location).toBe(REFUSED);
    expect(await refusalOf(server, provider.name)).toBe(reason);
    expect(await isAlive(token)).toBe(true);
    expect((await send(right())).location).toContain('SAMLResponse=');
  }); // prettier-ignore

  test('a posted message that is not signed does nothing', async () => {
    const token = await signInBySaml(server, provider, name);
    const { location } = await new CookieBrowser(server.url).post(`/saml/${provider.name}/logout`, {
      SAMLRequest: Buffer.from(request()).toString('base64'),
    });
    expect(location).toBe(REFUSED);
    expect(await refusalOf(server, provider.name)).toBe('UNSIGNED');
    expect(await isAlive(token)).toBe(true);
  });
});

describe('a sign-out here', () => {
  async function leave(): Promise<{ signIn: SamlSignIn; visit: Visit; token: string }> {
    const signIn = await new SamlSignIn(server, provider).begin();
    await signIn.finish(await signIn.answer(name));
    const token = signIn.token ?? '';
    return { signIn, token, visit: await signIn.browser.get(`/saml/${provider.name}/logout`) };
  }

  test('ends the session, then asks the provider to do the same', async () => {
    const { signIn, visit, token } = await leave();
    expect(await isAlive(token)).toBe(false);
    expect(signIn.token).toBeUndefined();
    const { xml, id } = messageIn(visit.location);
    expect(xml).toContain(`>${name}</saml:NameID>`);
    expect(xml).toMatch(/SessionIndex[^>]*>_[0-9a-f]+</);
    expect(await isSignedByUs(visit)).toBe(true);
    const answer = logoutResponseXml({ ...rightLogout(provider, name), inResponseTo: id });
    const query = redirectQuery('SAMLResponse', answer, { key: provider.key });
    const end = await signIn.browser.get(`/saml/${provider.name}/logout?${query}`);
    expect(end.location).toBe('/');
    const again = await signIn.browser.get(`/saml/${provider.name}/logout?${query}`);
    expect(again.location).toBe('/?signInProblem=SAML_EXPIRED');
  });

  test('takes the answer as a form too', async () => {
    const { signIn, visit } = await leave();
    const { id } = messageIn(visit.location);
    const answer = logoutResponseXml({ ...rightLogout(provider, name), inResponseTo: id });
    const end = await signIn.browser.post(`/saml/${provider.name}/logout`, {
      SAMLResponse: postedMessage(answer, provider.key),
    });
    expect(end.location).toBe('/');
  });

  test('is not answered from another browser, nor by another provider', async () => {
    const { signIn, visit } = await leave();
    const { id } = messageIn(visit.location);
    const answer = logoutResponseXml({ ...rightLogout(provider, name), inResponseTo: id });
    const path = `/saml/${provider.name}/logout`;
    const own = redirectQuery('SAMLResponse', answer, { key: provider.key });
    const foreign = redirectQuery('SAMLResponse', answer, { key: other.key });
    expect((await new CookieBrowser(server.url).get(`${path}?${own}`)).location).toBe(
      '/?signInProblem=SAML_EXPIRED',
    );
    expect((await signIn.browser.get(`${path}?${foreign}`)).location).toBe(REFUSED);
    expect((await signIn.browser.get(`${path}?${own}`)).location).toBe('/');
  });

  test('stays here where the provider cannot be told, or does not know the session', async () => {
    const quiet = await createProvider(server, cast.admin, newName('quiet'), { signOutUrl: null });
    const signIn = await new SamlSignIn(server, quiet).begin();
    await signIn.finish(await signIn.answer(name));
    const token = signIn.token ?? '';
    expect((await signIn.browser.get(`/saml/${quiet.name}/logout`)).location).toBe('/');
    expect(await isAlive(token)).toBe(false);
    expect((await signIn.browser.get(`/saml/${provider.name}/logout`)).location).toBe('/');
  });

  test('cannot be made to happen by another site', async () => {
    const signIn = await new SamlSignIn(server, provider).begin();
    await signIn.finish(await signIn.answer(name));
    const token = signIn.token ?? '';
    await signIn.browser.get(`/saml/${provider.name}/logout`, { 'sec-fetch-site': 'cross-site' });
    expect(signIn.token).toBe(token);
    expect(await isAlive(token)).toBe(true);
  });
});
