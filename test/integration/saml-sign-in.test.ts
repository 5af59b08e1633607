import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import {
  createProvider,
  refusalOf,
  SamlSignIn,
  signInBySaml,
  type Changes,
  type KnownProvider,
} from '../helpers/saml/saml-stage';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
let provider: KnownProvider;
let mapped: KnownProvider;
let closed: KnownProvider;

const MAPPING = { username: 'uid', email: 'mail', displayName: 'cn', groups: 'member' };

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  provider = await createProvider(server, cast.admin, newName('corp'));
  mapped = await createProvider(server, cast.admin, newName('mapped'), { attributes: MAPPING });
  closed = await createProvider(server, cast.admin, newName('closed'), { createUsers: false });
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

const viewer = async (token: string | undefined) => {
  const { data } = await server.graphql(
    '{ viewer { user { id username email displayName groups roles } evidence { method provider at } } }',
    {},
    { token },
  );
  return data.viewer;
};

/** Where it ends, and the session's token. */
async function signIn(
  at: KnownProvider,
  nameId: string,
  { session, ...changes }: Changes & { session?: string | undefined } = {},
): Promise<{ end: string; token: string | undefined }> {
  const begun = await new SamlSignIn(server, at, session).begin();
  const answered = await begun.answer(nameId, changes);
  const isTaken = answered.location.includes('/finish?');
  const end = isTaken ? await begun.finish(answered) : answered.location;
  return { end, token: begun.token };
}

const problem = (code: string) => `/?signInProblem=${code}`;

test('a person whom the provider knows becomes a user, and is signed in where he wanted to go', async () => {
  const name = newName('user');
  const begun = await new SamlSignIn(server, provider).begin('?returnTo=%2F%3Forder%3D1');
  const authenticatedAt = new Date(Date.now() - 30_000);
  const end = await begun.finish(await begun.answer(name, { fields: { authenticatedAt } }));
  expect(end).toBe('/?order=1');
  expect(await viewer(begun.token)).toEqual({
    user: expect.objectContaining({ username: name, displayName: name, roles: ['USER'] }),
    evidence: [{ method: 'SAML', provider: provider.name, at: authenticatedAt.toISOString() }],
  });
});

test('the request is signed with SHA-256, and says where the answer belongs', async () => {
  const { request } = await new SamlSignIn(server, provider).begin();
  expect(request?.url.origin).toBe(`https://${provider.name}.example.org`);
  expect(request?.url.searchParams.get('SigAlg')).toContain('rsa-sha256');
  expect(request?.url.searchParams.get('Signature')).toMatch(/.{100}/);
  expect(request?.xml).toContain(`AssertionConsumerServiceURL="${provider.acsUrl}"`);
  expect(request?.xml).toContain(`>${provider.entityId}</saml:Issuer>`);
  expect(request?.xml).not.toContain('RequestedAuthnContext');
  expect(request?.xml).not.toContain('ForceAuthn');
});

test('the metadata of each provider are signed, and name what it needs', async () => {
  const { browser } = new SamlSignIn(server, provider);
  const { status, text } = await browser.get(`/saml/${provider.name}/metadata`);
  expect(status).toBe(200);
  expect(text).toContain(`entityID="${provider.entityId}"`);
  expect(text).toContain(`Location="${provider.acsUrl}"`);
  expect(text).toContain('WantAssertionsSigned="true"');
  expect(text).toContain('AuthnRequestsSigned="true"');
  expect(text).toContain('rsa-sha256');
  expect(text).toContain('<SignatureValue>');
  expect(text).not.toMatch(/sha1/);
});

test('the key is made once, and rests sealed', async () => {
  const { request } = await new SamlSignIn(server, provider).begin();
  expect(request).toBeDefined();
  const rows = await server.database.query<{ sealed_key: Buffer; certificate: Buffer }>(
    'SELECT sealed_key, certificate FROM saml_key',
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.sealed_key.includes(Buffer.from('2a864886f70d010101', 'hex'))).toBe(false);
  expect(rows[0]?.certificate.includes(Buffer.from('2a864886f70d010101', 'hex'))).toBe(true);
});

test('a provider that nobody knows is no page', async () => {
  const { browser } = new SamlSignIn(server, provider);
  for (const path of ['sign-in', 'metadata', 'finish', 'logout']) {
    expect((await browser.get(`/saml/nowhere/${path}`)).status).toBe(404);
  }
  expect((await browser.post('/saml/nowhere/acs', {})).status).toBe(404);
});

test.each([
  '?returnTo=https://evil.example',
  '?returnTo=//evil.example',
  '?maxAge=-1',
  '?maxAge=x',
])('a sign-in that is asked for wrongly (%s) does not begin', async (query) => {
  const { browser } = new SamlSignIn(server, provider);
  expect((await browser.get(`/saml/${provider.name}/sign-in${query}`)).status).toBe(400);
});

test('each provider that is switched on offers itself, with the way back', async () => {
  const off = await createProvider(server, cast.admin, newName('off'), { enabled: false });
  const { data } = await server.graphql(
    '{ signInOptions(returnTo: "/?a=b c") { method provider label url } }',
  );
  const options = data.signInOptions.filter((option: any) => option.method === 'SAML');
  expect(options).toContainEqual({
    method: 'SAML',
    provider: provider.name,
    label: `Provider ${provider.name}`,
    url: `/saml/${provider.name}/sign-in?returnTo=%2F%3Fa%3Db%20c`,
  });
  expect(options.map((option: any) => option.provider)).not.toContain(off.name);
});

describe('who is who', () => {
  test('attributes describe a new user, and go on describing him', async () => {
    const nameId = newName('id');
    const uid = newName('uid');
    const attributes = { uid: [uid], mail: ['a@example.org'], cn: ['A B'], member: ['x', 'y'] };
    const first = await signInBySaml(server, mapped, nameId, { fields: { attributes } });
    const { id, ...user } = (await viewer(first)).user;
    expect(user).toEqual({
      username: uid,
      email: 'a@example.org',
      displayName: 'A B',
      groups: ['x', 'y'],
      roles: ['USER'],
    });
    const later = { uid: ['another'], mail: ['b@example.org'], cn: ['C'], member: ['z'] };
    const second = await signInBySaml(server, mapped, nameId, { fields: { attributes: later } });
    expect((await viewer(second)).user).toEqual({
      id,
      username: uid,
      email: 'b@example.org',
      displayName: 'C',
      groups: ['z'],
      roles: ['USER'],
    });
    const none = { fields: { attributes: { uid: [uid] } } };
    expect((await viewer(await signInBySaml(server, mapped, nameId, none))).user).toMatchObject({
      email: null,
      displayName: 'C',
      groups: [],
    });
  });

  test('a user who was given a role is no longer known to the provider, which describes him no more', async () => {
    const nameId = newName('id');
    const attributes = { uid: [newName('uid')], mail: ['a@example.org'] };
    const { user } = await viewer(
      await signInBySaml(server, mapped, nameId, { fields: { attributes } }),
    );
    await server.database.query(`UPDATE app_user SET roles = '{USER,OPERATOR}' WHERE id = $1`, [
      user.id,
    ]);
    const changed = { fields: { attributes: { ...attributes, mail: ['evil@example.org'] } } };
    expect((await signIn(mapped, nameId, changed)).end).toBe(problem('SAML_LINK_FIRST'));
    const [row] = await server.database.query('SELECT email FROM app_user WHERE id = $1', [
      user.id,
    ]);
    expect(row).toEqual({ email: 'a@example.org' });
  });

  test('a user who was not made by the provider is not described by it', async () => {
    const person = await createPerson(server, cast.admin, newName('user'));
    const attributes = { uid: [person.username], mail: ['evil@example.org'], member: ['boss'] };
    const token = await signInBySaml(server, mapped, newName('id'), { fields: { attributes } });
    expect((await viewer(token)).user).toMatchObject({ email: person.email, groups: [] });
  });

  test('attributes are held to the rules for users', async () => {
    const [uid, name] = [newName('uid'), newName('id')];
    const wrongOnes: Record<string, string[]>[] = [
      { uid: [uid], mail: ['no address'] },
      { uid: ['with space'] },
      { uid: [uid, 'second'] },
      { mail: ['a@example.org'] },
      { uid: [uid], member: ['g'.repeat(65)] },
    ];
    for (const wrong of wrongOnes) {
      const { end } = await signIn(mapped, name, { fields: { attributes: wrong } });
      expect(end).toBe(problem('SAML_REFUSED'));
    }
    expect(await refusalOf(server, mapped.name)).toBe('ATTRIBUTES');
    expect(await signIn(mapped, name, { fields: { attributes: { uid: [uid] } } })).toMatchObject({
      end: '/',
    });
  });

  test('a provider that makes no users signs in those who are here', async () => {
    const person = await createPerson(server, cast.admin, newName('user'));
    expect((await signIn(closed, person.username)).end).toBe('/');
    expect((await signIn(closed, newName('nobody'))).end).toBe(problem('SAML_NO_ACCOUNT'));
    expect(await refusalOf(server, closed.name)).toBe('NO_ACCOUNT');
  });

  test.each([
    ['in capitals', (name: string) => name.toUpperCase()],
    ['in full-width letters', (name: string) => name.replace('u', '\uff55')],
    ['in a ligature', (name: string) => name.replace('fi', '\ufb01')],
  ])('a name that only looks like a user (%s) is not his', async (_, disguise) => {
    const person = await createPerson(server, cast.admin, `user-fi-${newName('u')}`);
    const name = disguise(person.username);
    expect(name).not.toBe(person.username);
    expect((await signIn(provider, name)).end).toBe(problem('SAML_NO_ACCOUNT'));
    expect(await refusalOf(server, provider.name)).toBe('LOOK_ALIKE');
    expect((await signIn(provider, person.username)).end).toBe('/');
  });

  test('a link is fixed once made: neither the name nor another name moves it', async () => {
    const person = await createPerson(server, cast.admin, newName('user'));
    const uid = [person.username];
    const nameId = newName('id');
    expect((await signIn(mapped, nameId, { fields: { attributes: { uid } } })).end).toBe('/');
    const renamed = await signIn(mapped, nameId, {
      fields: { attributes: { uid: [cast.other.username] } },
    });
    expect((await viewer(renamed.token)).user.id).toBe(person.id);
    const second = await signIn(mapped, newName('id'), { fields: { attributes: { uid } } });
    expect(second.end).toBe(problem('SAML_NO_ACCOUNT'));
    expect(await refusalOf(server, mapped.name)).toBe('OTHER_IDENTITY');
  });

  test('the same name at two providers is linked at each by itself', async () => {
    const name = newName('user');
    const { id } = (await viewer(await signInBySaml(server, provider, name))).user;
    expect((await viewer(await signInBySaml(server, closed, name))).user.id).toBe(id);
  });

  test('a transient name serves where an attribute names the user', async () => {
    const uid = [newName('uid')];
    const fields = {
      nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
      attributes: { uid },
    };
    const first = await viewer(await signInBySaml(server, mapped, newName('t1'), { fields }));
    const second = await viewer(await signInBySaml(server, mapped, newName('t2'), { fields }));
    expect(second.user.id).toBe(first.user.id);
  });

  test.each([['OPERATOR'], ['ADMIN']])(
    'a user who holds %s is linked from within his own session only',
    async (role) => {
      const person = await createPerson(server, cast.admin, newName('user'), [role]);
      expect((await signIn(provider, person.username)).end).toBe(problem('SAML_LINK_FIRST'));
      expect(await refusalOf(server, provider.name)).toBe('LINK_FROM_SESSION');
      const session = await sessionOf(server, person.id, ['PASSWORD', 'EMAIL_CODE']);
      const linked = await signIn(provider, person.username, { session });
      expect(linked.end).toBe('/');
      expect((await viewer(linked.token)).evidence).toMatchObject([
        { method: 'SAML', provider: provider.name },
        { method: 'PASSWORD' },
        { method: 'EMAIL_CODE' },
      ]);
      expect((await signIn(provider, person.username)).end).toBe('/');
    },
  );

  test.each(['INACTIVE', 'LOCKED', 'REGISTERED'])(
    'a user who is %s does not get in',
    async (state) => {
      const person = await createPerson(server, cast.admin, newName('user'));
      const set = (to: string) =>
        server.database.query('UPDATE app_user SET state = $2 WHERE id = $1', [person.id, to]);
      expect((await signIn(provider, person.username)).end).toBe('/');
      await set(state);
      const refused = await signIn(provider, person.username);
      expect(refused).toEqual({ end: problem('USER_NOT_ACTIVE'), token: undefined });
      await set('ACTIVE');
      expect((await signIn(provider, person.username)).end).toBe('/');
    },
  );

  test('ten first sign-ins at once make one user', async () => {
    const name = newName('user');
    const ends = await Promise.all(Array.from({ length: 10 }, () => signIn(provider, name)));
    expect(ends.filter(({ end }) => end === '/').length).toBeGreaterThanOrEqual(1);
    const rows = await server.database.query('SELECT id FROM app_user WHERE username = $1', [name]);
    expect(rows).toHaveLength(1);
    expect((await signIn(provider, name)).end).toBe('/');
  });
});

describe('the session', () => {
  test('that began gets the evidence, under a new token', async () => {
    const session = await sessionOf(server, cast.alva.id, ['PASSWORD']);
    const { end, token } = await signIn(provider, cast.alva.username, { session });
    expect(end).toBe('/');
    expect(token).not.toBe(session);
    expect((await viewer(token)).evidence).toMatchObject([
      { method: 'SAML' },
      { method: 'PASSWORD' },
    ]);
    const old = await server.graphql('{ viewer { user { id } } }', {}, { token: session });
    expect(codeOf(old)).toBe('UNAUTHENTICATED');
  });

  test('of somebody else gets nothing, and goes on', async () => {
    const session = await sessionOf(server, cast.alva.id, ['PASSWORD']);
    for (const name of [cast.other.username, newName('new')]) {
      const { end, token } = await signIn(provider, name, { session });
      expect(end).toBe(problem('SAML_OTHER_USER'));
      expect(token).toBe(session);
    }
    expect(await refusalOf(server, provider.name)).toBe('OTHER_USER');
    expect((await viewer(session)).evidence).toMatchObject([{ method: 'PASSWORD' }]);
  });

  test('that took its place meanwhile gets nothing', async () => {
    const begun = await new SamlSignIn(
      server,
      provider,
      await sessionOf(server, cast.alva.id, ['PASSWORD']),
    ).begin();
    const answered = await begun.answer(cast.alva.username);
    const other = await sessionOf(server, cast.other.id, ['PASSWORD']);
    begun.browser.setCookie('signet', other);
    expect(await begun.finish(answered)).toBe(problem('SAML_OTHER_USER'));
    expect((await viewer(other)).evidence).toHaveLength(1);
  });

  test('that has ended meanwhile is not followed by another user', async () => {
    const session = await sessionOf(server, cast.alva.id, ['PASSWORD']);
    const begun = await new SamlSignIn(server, provider, session).begin();
    const answered = await begun.answer(newName('user'));
    await server.graphql('mutation { signOut }', {}, { token: session });
    expect(await begun.finish(answered)).toBe(problem('SAML_OTHER_USER'));
  });

  test('its evidence opens what a rule asks of this provider, and nothing else', async () => {
    const { errors } = await server.graphql(
      'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
      {
        input: {
          name: newName('rule'),
          resources: ['/account/sessions'],
          require: [{ anyOf: [{ method: 'SAML', provider: provider.name, maxAgeSeconds: 600 }] }],
        },
      },
      { token: cast.admin },
    );
    expect(errors).toEqual([]);
    const outcome = async (token: string) => {
      const { data } = await server.graphql(
        `{ resourceAccess(resource: "/account/sessions") { outcome missing { anyOf { reason option { url } } } } }`,
        {},
        { token },
      );
      return data.resourceAccess;
    };
    expect(await outcome(await signInBySaml(server, provider, cast.alva.username))).toMatchObject({
      outcome: 'ALLOWED',
    });
    expect(
      await outcome(
        await signInBySaml(server, mapped, newName('id'), {
          fields: { attributes: { uid: [newName('u')] } },
        }),
      ),
    ).toMatchObject({
      outcome: 'STEP_UP_REQUIRED',
      missing: [
        {
          anyOf: [
            { reason: 'ABSENT', option: { url: `/saml/${provider.name}/sign-in?maxAge=600` } },
          ],
        },
      ],
    });
    const old = { fields: { authenticatedAt: new Date(Date.now() - 700_000) } };
    expect(
      await outcome(await signInBySaml(server, provider, cast.alva.username, old)),
    ).toMatchObject({
      outcome: 'STEP_UP_REQUIRED',
      missing: [{ anyOf: [{ reason: 'STALE' }] }],
    });
  });
});

describe('how recent', () => {
  test('a proof that has to be young is asked for with ForceAuthn', async () => {
    const { request } = await new SamlSignIn(server, provider).begin('?maxAge=600');
    expect(request?.xml).toContain('ForceAuthn="true"');
  });

  test('unless this session has seen one that is young enough', async () => {
    const token = await signInBySaml(server, provider, cast.alva.username);
    const again = await new SamlSignIn(server, provider, token).begin('?maxAge=600');
    expect(again.request?.xml).not.toContain('ForceAuthn');
    const sooner = await new SamlSignIn(server, provider, token).begin('?maxAge=0');
    expect(sooner.request?.xml).toContain('ForceAuthn="true"');
  });

  test('a provider that answers with an old session all the same is refused', async () => {
    const begun = await new SamlSignIn(server, provider).begin('?maxAge=600');
    const old = { fields: { authenticatedAt: new Date(Date.now() - 601_000) } };
    expect((await begun.answer(newName('user'), old)).location).toBe(problem('SAML_NOT_FRESH'));
    expect(await refusalOf(server, provider.name)).toBe('NOT_FRESH');
    const young = { fields: { authenticatedAt: new Date(Date.now() - 590_000) } };
    expect((await begun.answer(newName('user'), young)).location).toContain('/finish?');
  });

  test('an authentication context that is required is asked for, exactly', async () => {
    const context = 'urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken';
    const strict = await createProvider(server, cast.admin, newName('strict'), {
      authenticationContext: context,
    });
    const begun = await new SamlSignIn(server, strict).begin();
    expect(begun.request?.xml).toMatch(
      /Comparison="exact"[^>]*><saml:AuthnContextClassRef[^>]*>urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken</,
    );
    expect((await begun.answer(newName('user'), { fields: { context } })).location).toContain(
      '/finish?',
    );
  });
});

test('who is kept from signing in by a rule is kept from SAML as well', async () => {
  const person = await createPerson(server, cast.admin, newName('user'));
  const session = await sessionOf(server, person.id, ['PASSWORD']);
  const { errors } = await server.graphql(
    'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
    {
      input: {
        name: newName('deny'),
        effect: 'DENY',
        resources: ['/sign-in'],
        when: { groups: ['barred'] },
        require: [],
      },
    },
    { token: cast.admin },
  );
  expect(errors).toEqual([]);
  const begun = await new SamlSignIn(server, provider, session).begin();
  const answered = await begun.answer(person.username);
  await server.database.query(`UPDATE app_user SET groups = '{barred}' WHERE id = $1`, [person.id]);
  expect(await begun.finish(answered)).toBe(problem('FORBIDDEN'));
  const again = await begun.browser.get(`/saml/${provider.name}/sign-in`);
  expect(again.location).toBe(problem('FORBIDDEN'));
});
