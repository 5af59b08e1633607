import { gatherCast, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { forgetAttempts } from '../helpers/rows';
import {
  newMessageId,
  PASSWORD_CONTEXT,
  signingKey,
  WEAKER_CONTEXT,
} from '../helpers/saml/saml-provider';
import type { SigningKey } from '../helpers/saml/saml-provider';
import {
  createProvider,
  refusalOf,
  SamlSignIn,
  type Changes,
  type KnownProvider,
} from '../helpers/saml/saml-stage';
import { WRAPPED_NAME, WRAPPINGS } from '../helpers/saml/saml-wrapping';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;
let provider: KnownProvider;
let other: KnownProvider;
let stranger: SigningKey;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  const settings = { authenticationContext: PASSWORD_CONTEXT };
  provider = await createProvider(server, cast.admin, newName('corp'), settings);
  other = await createProvider(server, cast.admin, newName('other'), settings);
  stranger = await signingKey();
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

const SECOND = 1000;
const REFUSED = 'SAML_REFUSED';
const from = (seconds: number): Date => new Date(Date.now() + seconds * SECOND);

/** Where a sign-in ends that is right but for these changes. */
async function endOf(changes: Changes, name = newName('user')): Promise<string> {
  const signIn = await new SamlSignIn(server, provider).begin();
  const answered = await signIn.answer(name, changes);
  return answered.location.includes('/finish?') ? signIn.finish(answered) : answered.location;
}

async function nobodyIsNamed(name: string): Promise<void> {
  const rows = await server.database.query(
    `SELECT id FROM app_user WHERE username = $1 UNION ALL SELECT user_id FROM saml_identity WHERE subject = $1`,
    [name],
  );
  expect(rows).toEqual([]);
}

/** Each differs from the control, which passes, in this one thing. */
const ATTACKS: readonly (readonly [string, string, () => Changes])[] = [
  // What the library lets pass.
  ['for another destination', 'DESTINATION', () => ({ fields: { destination: other.acsUrl } })],
  ['without a destination', 'DESTINATION', () => ({ fields: { destination: null } })],
  ['for another recipient', 'RECIPIENT', () => ({ fields: { recipient: other.acsUrl } })],
  ['of another issuer', 'ISSUER', () => ({ fields: { responseIssuer: other.issuer } })],
  ['with an assertion of another issuer', 'ISSUER', () => ({ fields: { assertionIssuer: other.issuer } })],
  ['of this provider, signed by another (mix-up)', 'SIGNATURE', () => ({ signing: { key: other.key } })],
  ['confirmed otherwise than by bearer', 'CONFIRMATION', () => ({
    fields: { method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' } })],
  ['of a weaker authentication context', 'AUTHENTICATION_CONTEXT', () => ({
    fields: { context: WEAKER_CONTEXT } })],
  // Signatures.
  ['unsigned', 'UNSIGNED', () => ({ signing: { assertion: false, response: false } })],
  ['signed on the response only', 'UNSIGNED', () => ({ signing: { assertion: false } })],
  ['signed on the assertion only', 'UNSIGNED', () => ({ signing: { response: false } })],
  ['signed with a key that nobody knows', 'SIGNATURE', () => ({ signing: { key: stranger } })],
  ['signed with SHA-1', 'ALGORITHM', () => ({
    signing: { signature: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' } })],
  ['digested with SHA-1', 'ALGORITHM', () => ({
    signing: { digest: 'http://www.w3.org/2000/09/xmldsig#sha1' } })],
  ['canonicalised with its comments', 'ALGORITHM', () => ({
    signing: { canonicalization: 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments' } })],
  ['changed after it was signed', 'SIGNATURE', () => ({
    after: (xml) => xml.replace(/(<saml:NameID[^>]*>)[^<]*/, `$1${WRAPPED_NAME}`) })],
  ['said to be signed with a public key as a secret', 'ALGORITHM', () => ({
    after: (xml) => xml.replaceAll('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2000/09/xmldsig#hmac-sha1') })],
  ['with two elements of one ID', 'STRUCTURE', () => {
    const id = newMessageId();
    return { fields: { moreParts: `<x:a xmlns:x="urn:x" ID="${id}"/><x:a xmlns:x="urn:x" Id="${id}"/>` } };
  }],
  // The document.
  ['with a comment in the NameID', 'COMMENT', () => ({
    after: (xml) => xml.replace(/(<saml:NameID[^>]*>..)/, '$1<!-- -->') })],
  ['with a CDATA section in the NameID', 'MALFORMED', () => ({
    after: (xml) => xml.replace(/(<saml:NameID[^>]*>)([^<]*)/, '$1<![CDATA[$2]]>') })],
  ['with a processing instruction in the NameID', 'MALFORMED', () => ({
    after: (xml) => xml.replace(/(<saml:NameID[^>]*>..)/, '$1<?x y?>') })],
  ['with an external entity', 'DOCTYPE', () => ({
    after: (xml) => `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>${xml.replace(/(<saml:NameID[^>]*>)/, '$1&x;')}` })],
  ['with a bomb of entities', 'DOCTYPE', () => ({
    after: (xml) => `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>${xml}` })],
  ['cut short', 'MALFORMED', () => ({ after: (xml) => xml.slice(0, -20) })],
  ['with a second root', 'MALFORMED', () => ({ after: (xml) => `${xml}<x/>` })],
  ['nested too deep', 'MALFORMED', () => ({
    fields: { moreParts: `${'<a>'.repeat(60)}${'</a>'.repeat(60)}` } })],
  ['with a reference to no character', 'MALFORMED', () => ({ fields: { nameId: 'a&#0;b' } })],
  ['with two assertions', 'STRUCTURE', () => ({
    after: (xml) => xml.replace(/<saml:Assertion.*<\/saml:Assertion>/s, (one) => one + one) })],
  ['with an encrypted assertion', 'ENCRYPTED', () => ({
    fields: { moreParts: '<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>' } })],
  // What it says.
  ['of another version', 'VERSION', () => ({ fields: { version: '1.1' } })],
  ['for another audience', 'AUDIENCE', () => ({ fields: { audience: other.entityId } })],
  ['with a condition that is not known', 'CONDITION', () => ({
    fields: { moreConditions: '<x:Moon xmlns:x="urn:x" phase="full"/>' } })],
  ['that has expired', 'EXPIRED', () => ({ fields: { notOnOrAfter: from(-70) } })],
  ['that begins later', 'NOT_YET_VALID', () => ({ fields: { notBefore: from(70) } })],
  ['whose confirmation has expired', 'CONFIRMATION', () => ({ fields: { confirmedUntil: from(-70) } })],
  ['whose confirmation has no end', 'CONFIRMATION', () => ({ fields: { confirmedUntil: null } })],
  ['whose session has ended', 'EXPIRED', () => ({ fields: { sessionEndsAt: from(-70) } })],
  ['of a sign-in that has not happened yet', 'AUTHENTICATION_INSTANT', () => ({
    fields: { authenticatedAt: from(70) } })],
  ['confirmed for another request', 'CONFIRMATION', () => ({
    fields: { confirmedRequest: newMessageId() } })],
  ['confirmed for no request', 'CONFIRMATION', () => ({ fields: { confirmedRequest: null } })],
  ['without a NameID', 'NAME_ID', () => ({ fields: { nameId: '' } })],
  ['with a NameID that is another one next time', 'NAME_ID', () => ({
    fields: { nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' } })],
]; // prettier-ignore

test.each(ATTACKS)('a response %s is refused: %s', async (_, reason, changes) => {
  expect(await endOf({})).toBe('/');
  const name = newName('victim');
  expect(await endOf(changes(), name)).toBe(`/?signInProblem=${REFUSED}`);
  expect(await refusalOf(server, provider.name)).toBe(reason);
  await nobodyIsNamed(name);
});

test.each(Object.entries(WRAPPINGS))('%s is refused', async (_, wrap) => {
  expect(await endOf({ after: (xml) => xml })).toBe('/');
  expect(await endOf({ after: wrap })).toBe(`/?signInProblem=${REFUSED}`);
  expect(await refusalOf(server, provider.name)).toMatch(/^(?:STRUCTURE|UNSIGNED)$/);
  await nobodyIsNamed(WRAPPED_NAME);
});

test('a status other than Success counts, whatever assertion stands beside it', async () => {
  expect(await endOf({})).toBe('/');
  const status = 'urn:oasis:names:tc:SAML:2.0:status:Responder';
  const name = newName('victim');
  expect(await endOf({ fields: { status } }, name)).toBe('/?signInProblem=SAML_PROVIDER_REFUSED');
  expect(await refusalOf(server, provider.name)).toBe('STATUS');
  await nobodyIsNamed(name);
});

test.each([
  ['an end within the skew', () => ({ notOnOrAfter: from(-50) })],
  ['a beginning within the skew', () => ({ notBefore: from(50) })],
  ['a sign-in within the skew', () => ({ authenticatedAt: from(50) })],
])('clocks may be a minute apart: %s', async (_, fields) => {
  expect(await endOf({ fields: fields() })).toBe('/');
});

test('what was proven ahead of our clock is not written down as of the future', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  await signIn.finish(
    await signIn.answer(newName('user'), { fields: { authenticatedAt: from(50) } }),
  );
  const [row] = await server.database.query<{ isPast: boolean }>(
    `SELECT bool_and(at <= now()) AS "isPast" FROM session_evidence WHERE method = 'SAML'`,
  );
  expect(row).toEqual({ isPast: true });
});

test('a response works once', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  const xml = signIn.xml(newName('user'));
  const first = await signIn.post(xml);
  expect(first.location).toContain('/finish?');
  expect((await signIn.post(xml)).location).toBe(`/?signInProblem=${REFUSED}`);
  expect(await refusalOf(server, provider.name)).toBe('REPLAY');
  expect(await signIn.finish(first)).toBe('/');
  expect((await signIn.post(xml)).location).toBe(`/?signInProblem=${REFUSED}`);
});

test('of a response that is posted ten times at once exactly one is taken', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  const xml = signIn.xml(newName('user'));
  const answers = await Promise.all(Array.from({ length: 10 }, () => signIn.post(xml)));
  const taken = answers.filter(({ location }) => location.includes('/finish?'));
  expect(taken).toHaveLength(1);
  expect(new Set(answers.map(({ location }) => location))).toEqual(
    new Set([taken[0]?.location, `/?signInProblem=${REFUSED}`]),
  );
});

test('a request is answered once, also by another assertion', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  const xmls = Array.from({ length: 5 }, () => signIn.xml(newName('user')));
  const answers = await Promise.all(xmls.map((xml) => signIn.post(xml)));
  expect(answers.filter(({ location }) => location.includes('/finish?'))).toHaveLength(1);
});

test('an assertion is taken once, also in answer to another request', async () => {
  const assertionId = newMessageId();
  expect(await endOf({ fields: { assertionId } })).toBe('/');
  expect(await endOf({ fields: { assertionId } })).toBe(`/?signInProblem=${REFUSED}`);
  expect(await refusalOf(server, provider.name)).toBe('REPLAY');
});

test('what a browser comes back with is used up at the first time, of ten at once as well', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  const answered = await signIn.answer(newName('user'));
  const ends = await Promise.all(Array.from({ length: 10 }, () => signIn.finish(answered)));
  expect(ends.filter((end) => end === '/')).toHaveLength(1);
  expect(new Set(ends)).toEqual(new Set(['/', '/?signInProblem=SAML_EXPIRED']));
});

const EXPIRED = '/?signInProblem=SAML_EXPIRED';

test('a request that another browser began cannot be answered here', async () => {
  const mine = await new SamlSignIn(server, provider).begin();
  const theirs = await new SamlSignIn(server, provider).begin();
  theirs.request = mine.request;
  expect((await theirs.answer(newName('user'))).location).toBe(EXPIRED);
  expect(await refusalOf(server, provider.name)).toBe('UNKNOWN_REQUEST');
  expect((await mine.answer(newName('user'))).location).toContain('/finish?');
});

test('a browser without the cookie has begun nothing', async () => {
  const begun = await new SamlSignIn(server, provider).begin();
  const bare = new SamlSignIn(server, provider);
  bare.request = begun.request;
  expect((await bare.answer(newName('user'))).location).toBe(EXPIRED);
});

test('what one browser has been answered another cannot finish', async () => {
  const mine = await new SamlSignIn(server, provider).begin();
  const theirs = await new SamlSignIn(server, provider).begin();
  const answered = await mine.answer(newName('user'));
  expect(await theirs.finish(answered)).toBe(EXPIRED);
  expect(theirs.token).toBeUndefined();
  expect(await mine.finish(answered)).toBe('/');
});

test('a request of one provider cannot be answered at another', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  const elsewhere = new SamlSignIn(server, other);
  const cookie = signIn.browser.cookie('signet-saml') ?? '';
  elsewhere.browser.setCookie('signet-saml', cookie);
  elsewhere.request = signIn.request;
  expect((await elsewhere.answer(newName('user'))).location).toBe(EXPIRED);
});

test('a response of one provider does nothing at another', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  const xml = signIn.xml(newName('user'));
  const { location } = await signIn.browser.post(`/saml/${other.name}/acs`, {
    SAMLResponse: Buffer.from(xml).toString('base64'),
  });
  expect(location).toMatch(/^\/\?signInProblem=/);
  expect((await signIn.post(xml)).location).toContain('/finish?');
});

test('a request waits five minutes for its answer', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  await server.database.query(
    `UPDATE saml_request SET expires_at = expires_at - interval '5 minutes' WHERE id = $1`,
    [signIn.request?.id],
  );
  expect((await signIn.answer(newName('user'))).location).toBe(EXPIRED);
});

test('an answer nobody asked for is refused, unless the provider may', async () => {
  const unasked = new SamlSignIn(server, provider);
  expect((await unasked.answer(newName('user'))).location).toBe(`/?signInProblem=${REFUSED}`);
  expect(await refusalOf(server, provider.name)).toBe('UNSOLICITED');

  const open = await createProvider(server, cast.admin, newName('open'), {
    acceptUnsolicited: true,
  });
  const signIn = new SamlSignIn(server, open);
  const xml = signIn.xml(newName('user'));
  const answered = await signIn.post(xml, { RelayState: '/?welcome=1' });
  expect(await signIn.finish(answered)).toBe('/?welcome=1');
  expect(signIn.token).toBeDefined();
  expect((await signIn.post(xml)).location).toBe(`/?signInProblem=${REFUSED}`);
});

test.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', ''])(
  'RelayState leads nowhere else: %j',
  async (RelayState) => {
    const open = await createProvider(server, cast.admin, newName('open'), {
      acceptUnsolicited: true,
    });
    const unasked = new SamlSignIn(server, open);
    const answered = await unasked.post(unasked.xml(newName('user')), { RelayState });
    expect(await unasked.finish(answered)).toBe('/');
    const asked = await new SamlSignIn(server, open).begin('?returnTo=/here');
    const answer = await asked.post(asked.xml(newName('user')), { RelayState });
    expect(await asked.finish(answer)).toBe('/here');
  },
);

test('a request that was not answered cannot be finished', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  const location = `/saml/${provider.name}/finish?request=${signIn.request?.id ?? ''}`;
  expect((await signIn.browser.get(location)).location).toBe(EXPIRED);
});

test.each([
  ['no base64', { SAMLResponse: '%%%' }],
  ['base64 that is cut short', { SAMLResponse: 'PHg+P' }],
  ['no UTF-8', { SAMLResponse: Buffer.from('<x>\xff</x>', 'latin1').toString('base64') }],
  ['another document', { SAMLResponse: Buffer.from('<html/>').toString('base64') }],
  ['nothing', {}],
  ['a logout request', { SAMLRequest: Buffer.from('<x/>').toString('base64') }],
  ['more than 64 kB', { SAMLResponse: 'A'.repeat(66_000) }],
])('%s in the form is refused', async (_, form: Record<string, string>) => {
  const signIn = await new SamlSignIn(server, provider).begin();
  const { status, location } = await signIn.browser.post(`/saml/${provider.name}/acs`, form);
  expect([status, location]).toEqual([303, `/?signInProblem=${REFUSED}`]);
  expect(await refusalOf(server, provider.name)).toBe('MALFORMED');
});

test('a form is a form, neither JSON nor compressed', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  const body = JSON.stringify({ SAMLResponse: 'PHgvPg==' });
  for (const headers of [
    { 'content-type': 'application/json' },
    { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' },
  ]) {
    const { location } = await signIn.browser.visit(`/saml/${provider.name}/acs`, {
      method: 'POST',
      body,
      headers,
    });
    expect(location).toBe(`/?signInProblem=${REFUSED}`);
  }
});

test('messages in the query of the assertion consumer are not looked at', async () => {
  const signIn = await new SamlSignIn(server, provider).begin();
  const xml = signIn.xml(newName('user'), { signing: { assertion: false, response: false } });
  const query = new URLSearchParams({ SAMLRequest: Buffer.from(xml).toString('base64') });
  const { location } = await signIn.browser.post(
    `/saml/${provider.name}/acs?${query.toString()}`,
    {},
  );
  expect(location).toBe(`/?signInProblem=${REFUSED}`);
});

test('a provider that is switched off on the way is no provider', async () => {
  const brief = await createProvider(server, cast.admin, newName('brief'));
  const [first, second] = [new SamlSignIn(server, brief), new SamlSignIn(server, brief)];
  await first.begin();
  await second.begin();
  const answered = await first.answer(newName('user'));
  await server.database.query('UPDATE identity_provider SET enabled = false WHERE id = $1', [
    brief.id,
  ]);
  expect((await second.answer(newName('user'))).status).toBe(404);
  expect((await first.browser.get(answered.location)).status).toBe(404);
  expect(first.token).toBeUndefined();
  expect((await first.browser.get(`/saml/${brief.name}/sign-in`)).status).toBe(404);
  expect((await first.browser.get(`/saml/${brief.name}/metadata`)).status).toBe(404);
});
