import { gatherCast, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { createPerson, createProject, type Person } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { signingKey } from '../helpers/saml/saml-provider';
import {
  createProvider,
  providerInput,
  refusalOf,
  SamlSignIn,
  signInBySaml,
  type KnownProvider,
  type ProviderSettings,
} from '../helpers/saml/saml-stage';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
let provider: KnownProvider;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  provider = await createProvider(server, cast.admin, newName('corp'));
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

const problem = (code: string) => `/?signInProblem=${code}`;

/** Where it ends. */
async function endOf(at: KnownProvider, nameId: string, session?: string): Promise<string> {
  const begun = await new SamlSignIn(server, at, session).begin();
  return begun.finish(await begun.answer(nameId));
}

async function setRoles({ id }: Pick<Person, 'id'>, roles: readonly string[]): Promise<void> {
  const answer = await server.graphql(
    'mutation ($id: ID!, $roles: [Role!]!) { setUserRoles(id: $id, roles: $roles) { id } }',
    { id, roles },
    { token: cast.admin },
  );
  expect(answer.errors).toEqual([]);
}

const methodsIn = async (token: string): Promise<string[] | undefined> => {
  const { data } = await server.graphql('{ viewer { evidence { method } } }', {}, { token });
  return data?.viewer?.evidence.map((each: any) => each.method as string);
};

describe('a link made within a session', () => {
  test.each([['OPERATOR'], ['ADMIN']])(
    'of a user who holds %s needs what setting up a method needs: a password alone is too little',
    async (role) => {
      const person = await createPerson(server, cast.admin, newName('user'), [role]);
      const weak = await sessionOf(server, person.id, ['PASSWORD']);
      expect(await endOf(provider, person.username, weak)).toBe(problem('SAML_LINK_UNPROVEN'));
      expect(await refusalOf(server, provider.name)).toBe('LINK_UNPROVEN');
      expect(await methodsIn(weak)).toEqual(['PASSWORD']);
      expect(await endOf(provider, person.username)).toBe(problem('SAML_LINK_FIRST'));
      const strong = await sessionOf(server, person.id, ['PASSWORD', 'EMAIL_CODE']);
      expect(await endOf(provider, person.username, strong)).toBe('/');
      expect(await endOf(provider, person.username)).toBe('/');
    },
  );

  test('needs a proof that is fresh', async () => {
    const person = await createPerson(server, cast.admin, newName('user'), ['OPERATOR']);
    const session = await sessionOf(server, person.id, ['PASSWORD', 'EMAIL_CODE']);
    const age = (minutes: number) =>
      server.database.query(
        `UPDATE session_evidence SET at = now() - make_interval(mins => $2)
         WHERE method = 'EMAIL_CODE' AND session_id IN (SELECT id FROM session WHERE user_id = $1)`,
        [person.id, minutes],
      );
    await age(11);
    expect(await endOf(provider, person.username, session)).toBe(problem('SAML_LINK_UNPROVEN'));
    await age(9);
    expect(await endOf(provider, person.username, session)).toBe('/');
  });

  test('of a user without a role adds its proof to a session opened by password', async () => {
    const person = await createPerson(server, cast.admin, newName('user'));
    const session = await sessionOf(server, person.id, ['PASSWORD']);
    expect(await endOf(provider, person.username, session)).toBe('/');
  });
});

describe('a promotion', () => {
  test.each<[string, (person: Person) => Promise<unknown>]>([
    ['without a session', (person) => signInBySaml(server, provider, person.username)],
    [
      'in a session opened by password',
      async (person) =>
        endOf(provider, person.username, await sessionOf(server, person.id, ['PASSWORD'])),
    ],
  ])('takes back a link made %s, and what was proven by it', async (_, link) => {
    const person = await createPerson(server, cast.admin, newName('user'));
    await link(person);
    const token = await signInBySaml(server, provider, person.username);
    expect(await methodsIn(token)).toEqual(['SAML']);
    await setRoles(person, ['USER', 'OPERATOR']);
    expect(await methodsIn(token)).not.toContain('SAML');
    expect(await endOf(provider, person.username)).toBe(problem('SAML_LINK_FIRST'));
    const rows = await server.database.query(
      `SELECT 1 FROM audit_entry WHERE action = 'user.unlink' AND target = $1`,
      [`user:${person.id}`],
    );
    expect(rows).toHaveLength(1);
  });

  test('keeps a link made in a session that might set up methods, and those of others', async () => {
    const person = await createPerson(server, cast.admin, newName('user'));
    const neighbour = await createPerson(server, cast.admin, newName('user'));
    const neighboursToken = await signInBySaml(server, provider, neighbour.username);
    const session = await sessionOf(server, person.id, ['PASSWORD', 'EMAIL_CODE']);
    expect(await endOf(provider, person.username, session)).toBe('/');
    const token = await signInBySaml(server, provider, person.username);
    await setRoles(person, ['USER', 'OPERATOR']);
    expect(await methodsIn(token)).toEqual(['SAML']);
    expect(await endOf(provider, person.username)).toBe('/');
    expect(await methodsIn(neighboursToken)).toEqual(['SAML']);
  });

  test('while the answer waits leaves it without effect', async () => {
    const person = await createPerson(server, cast.admin, newName('user'));
    await signInBySaml(server, provider, person.username);
    const begun = await new SamlSignIn(server, provider).begin();
    const answered = await begun.answer(person.username);
    await setRoles(person, ['USER', 'ADMIN']);
    expect(await begun.finish(answered)).toBe(problem('SAML_LINK_FIRST'));
    expect(begun.token).toBeUndefined();
  });

  test('leaves a link alone where no role beyond USER is given', async () => {
    const person = await createPerson(server, cast.admin, newName('user'));
    const token = await signInBySaml(server, provider, person.username);
    await setRoles(person, ['USER']);
    expect(await methodsIn(token)).toEqual(['SAML']);
  });
});

describe('an answer that was taken before its provider was changed', () => {
  const change = async (brief: KnownProvider, settings: ProviderSettings) => {
    const answer = await server.graphql(
      'mutation ($id: ID!, $input: IdentityProviderInput!) { updateIdentityProvider(id: $id, input: $input) { id } }',
      { id: brief.id, input: providerInput(brief.name, brief.key, settings) },
      { token: cast.admin },
    );
    expect(answer.errors).toEqual([]);
  };

  test.each<[string, (brief: KnownProvider) => Promise<unknown>]>([
    ['to other certificates', async (brief) =>
      change(brief, { certificates: [(await signingKey()).certificate] })],
    ['to another entity id', (brief) => change(brief, { entityId: 'https://new.example.org/idp' })],
    ['to another context', (brief) => change(brief, { authenticationContext: 'urn:x:better' })],
    ['to another mapping', (brief) => change(brief, { attributes: { username: 'uid' } })],
    ['off and on again', async (brief) => {
      await change(brief, { enabled: false });
      await change(brief, {});
    }],
    ['by deleting and making it again', async (brief) => {
      await server.graphql('mutation ($id: ID!) { deleteIdentityProvider(id: $id) }', { id: brief.id }, { token: cast.admin });
      await createProvider(server, cast.admin, brief.name);
    }],
  ])('does not count: %s', async (_, act) => {
    const brief = await createProvider(server, cast.admin, newName('brief'));
    const [first, second] = [new SamlSignIn(server, brief), new SamlSignIn(server, brief)];
    await first.begin();
    await second.begin();
    const [one, two] = [await first.answer(newName('user')), await second.answer(newName('user'))];
    expect(await first.finish(one)).toBe('/');
    await act(brief);
    expect(await second.finish(two)).toBe(problem('SAML_EXPIRED'));
    expect(second.token).toBeUndefined();
  }); // prettier-ignore

  test('counts where it was given another label, or nothing new at all', async () => {
    const brief = await createProvider(server, cast.admin, newName('brief'), {
      attributes: { username: 'NameID', groups: 'member' },
    });
    const begun = await new SamlSignIn(server, brief).begin();
    const answered = await begun.answer(newName('user'));
    await change(brief, {
      label: 'Another',
      attributes: { username: 'NameID', groups: 'member' },
    });
    expect(await begun.finish(answered)).toBe('/');
  });

  test('does not count either where it changes while the answer is being looked at', async () => {
    const brief = await createProvider(server, cast.admin, newName('brief'));
    const { work, identityProviders } = server.app.services;
    const request = await work.systemRequest('test', newName('request'));
    const known = await identityProviders.findEnabled(work.read(request), brief.name);
    if (known === undefined) throw new Error('There is no such provider.');
    const hold = () => work.change(request, (scope) => identityProviders.hold(scope, known));
    await expect(hold()).resolves.toBeUndefined();
    await change(brief, { certificates: [(await signingKey()).certificate] });
    await expect(hold()).rejects.toMatchObject({ reason: 'PROVIDER_CHANGED' });
    await change(brief, { enabled: false });
    await expect(hold()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('what follows from the word of a provider stands in the log under its name, not under nobody', async () => {
  const mapped = await createProvider(server, cast.admin, newName('mapped'), {
    attributes: { username: 'uid', email: 'mail' },
  });
  const [nameId, uid] = [newName('id'), newName('uid')];
  const signIn = (mail: string) =>
    signInBySaml(server, mapped, nameId, { fields: { attributes: { uid: [uid], mail: [mail] } } });
  await signIn('a@example.org');
  const [user] = await server.database.query<{ id: string }>(
    'SELECT id FROM app_user WHERE username = $1',
    [uid],
  );
  const id = user?.id ?? '';
  const projectId = await createProject(server, cast.admin, newName('project'), {
    channels: ['EMAIL'],
  });
  const ordered = await server.graphql(
    `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
       startEnrolmentForUser(userId: $userId, input: $input) { enrolment { id } } }`,
    { userId: id, input: { projectId } },
    { token: cast.operator.token },
  );
  expect(ordered.errors).toEqual([]);
  await signIn('b@example.org');
  const entries = await server.database.query<{ actor: string; action: string }>(
    `SELECT actor, action FROM audit_entry
     WHERE request_id = (SELECT request_id FROM audit_entry WHERE action = 'user.update' AND target = $1)`,
    [`user:${id}`],
  );
  const by = Object.fromEntries(entries.map(({ action, actor }) => [action, actor]));
  expect(by).toEqual({
    'user.update': `system:saml:${mapped.name}`,
    'enrolment.cancel': `system:saml:${mapped.name}`,
    'session.sign-in': `user:${uid}`,
  });
});
