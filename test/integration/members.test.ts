import { accessToken, createClient, type ClientWishes } from '../helpers/api-clients';
import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import {
  addMember,
  inviteMember,
  memberBy,
  removeMember,
  tryAddMember,
  updateMember,
} from '../helpers/members';
import { newName } from '../helpers/orders';
import { createPerson, createProject, type Person } from '../helpers/people';
import { forgetAttempts, rowsOf, settled } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const NOWHERE = '00000000-0000-4000-8000-000000000000';

let server: TestServer;
let cast: Cast;
let operator: string;
let projectId: string;
let person: Person;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  operator = cast.operator.token;
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  projectId = await createProject(server, cast.admin, newName('project'));
  person = await createPerson(server, cast.admin, newName('user'));
});
afterAll(() => server.stop());

const add = (more: object = {}, token = operator): Promise<GraphqlAnswer<any>> =>
  tryAddMember(server, token, { projectId, userId: person.id, ...more });
const someone = (name = newName('user')): Promise<Person> => createPerson(server, cast.admin, name);
const page = async (args: object = {}): Promise<any> => {
  const { data, errors } = await server.graphql(
    `query ($projectId: ID!, $first: Int, $after: String, $search: String) { project(id: $projectId) {
       members(first: $first, after: $after, search: $search) {
         totalCount pageInfo { hasNextPage endCursor } nodes { id user { id username } } } } }`,
    { projectId, ...args },
    { token: operator },
  );
  if (errors.length > 0) throw new Error(codeOf({ errors }));
  return data.project.members;
};
const found = async (search: string): Promise<string[]> =>
  (await page({ search })).nodes.map(({ user }: any) => user.username as string);
const fieldsOf = ({ errors }: GraphqlAnswer<any>): unknown => errors[0]?.extensions['fields'];
const auditedActions = async (userId: string): Promise<unknown[]> => {
  const rows = await server.database.query<{ action: string; actor: string }>(
    `SELECT action, actor FROM audit_entry WHERE action LIKE 'member.%' AND detail LIKE $1 ORDER BY id`,
    [`%user:${userId}%`],
  );
  return rows.map(({ action, actor }) => `${actor} ${action}`);
};

describe('a member', () => {
  test('has the IDs that he was added with, and is found by each of his keys', async () => {
    const { data } = await add({ hostId: 'H-1', syncId: 'S-1' });
    const member = data.addProjectMember;
    expect(member).toMatchObject({
      hostId: 'H-1',
      syncId: 'S-1',
      invitation: null,
      latestEnrolment: null,
      user: { id: person.id, username: person.username },
    });
    for (const key of [{ userId: person.id }, { hostId: 'H-1' }, { syncId: 'S-1' }]) {
      expect(await memberBy(server, operator, projectId, key)).toEqual(member);
    }
    for (const key of [
      { userId: NOWHERE },
      { userId: 'x' },
      { hostId: 'S-1' },
      { syncId: 'h-1' },
    ]) {
      expect(await memberBy(server, operator, projectId, key)).toBeNull();
    }
    expect(await auditedActions(person.id)).toEqual(['user:olga member.add']);
  });

  test.each([[{}], [{ hostId: 'H', syncId: 'S' }], [{ userId: null }]])(
    'is asked for by exactly one key, not by %j',
    async (key) => {
      await expect(memberBy(server, operator, projectId, key)).rejects.toThrow('INVALID_INPUT');
    },
  );

  test('is listed newest first, page by page', async () => {
    const people = [person, await someone(), await someone()];
    for (const { id } of people) await addMember(server, operator, { projectId, userId: id });
    const names = people.map(({ username }) => username).reverse();
    const first = await page({ first: 2 });
    expect(first.totalCount).toBe(3);
    expect(first.pageInfo.hasNextPage).toBe(true);
    const second = await page({ first: 2, after: first.pageInfo.endCursor });
    expect(second.pageInfo.hasNextPage).toBe(false);
    const seen = [...first.nodes, ...second.nodes].map(({ user }: any) => user.username as string);
    expect(seen).toEqual(names);
  });

  test.each([0, 101])('is not listed on pages of %i', async (first) => {
    await expect(page({ first })).rejects.toThrow('INVALID_INPUT');
  });

  test('is found by parts of his names, address and IDs, and by nothing that only looks like a pattern', async () => {
    const other = await someone(newName('zoe'));
    await add({ hostId: 'HOST_17', syncId: 'sync%17' });
    await addMember(server, operator, { projectId, userId: other.id, hostId: 'HOSTX17' });
    const { username, email } = person;
    for (const search of [username.slice(2), email.toUpperCase(), 't_1', 'NC%1', ` ${username} `]) {
      expect([search, await found(search)]).toEqual([search, [username]]);
    }
    expect(await found('host')).toHaveLength(2);
    expect(await found('')).toHaveLength(2);
    expect(await found('nobody at all')).toEqual([]);
    await expect(page({ search: 'x'.repeat(201) })).rejects.toThrow('INVALID_INPUT');
    await expect(page({ search: '\0' })).rejects.toThrow('INVALID_INPUT');
  });

  test('of another project is not among them', async () => {
    await addMember(server, operator, {
      projectId: cast.projectId,
      userId: person.id,
      hostId: 'H',
    });
    expect((await page()).nodes).toEqual([]);
    expect(await memberBy(server, operator, projectId, { hostId: 'H' })).toBeNull();
  });

  test('is not listed or found any more once he was removed, and has a new membership when he comes back', async () => {
    const { id } = await addMember(server, operator, { projectId, userId: person.id, hostId: 'H' });
    await removeMember(server, operator, { projectId, userId: person.id });
    expect(await page()).toMatchObject({ totalCount: 0, nodes: [] });
    expect(await found('user')).toEqual([]);
    expect(await memberBy(server, operator, projectId, { hostId: 'H' })).toBeNull();
    const { data } = await add();
    expect(data.addProjectMember).toMatchObject({ hostId: null, syncId: null });
    expect(data.addProjectMember.id).not.toBe(id);
    expect((await page()).totalCount).toBe(1);
  });
});

describe('adding', () => {
  test('again, in the same words or in fewer, gives the same member and changes nothing', async () => {
    const { id } = await addMember(server, operator, { projectId, userId: person.id, hostId: 'H' });
    await settled(server.database);
    const before = await rowsOf(server.database);
    for (const more of [{ hostId: 'H' }, {}, { invite: false }, { syncId: null }]) {
      expect((await add(more)).data.addProjectMember.id).toBe(id);
    }
    expect(await rowsOf(server.database)).toEqual(before);
    expect(await auditedActions(person.id)).toHaveLength(1);
  });

  test.each([{ hostId: 'other' }, { hostId: null }, { syncId: 'S' }])(
    'again with %j contradicts what is there',
    async (more) => {
      await add({ hostId: 'H' });
      const answer = await add(more);
      expect(codeOf(answer)).toBe('CONFLICT');
      expect(answer.errors[0]?.extensions['reason']).toBe('ALREADY_MEMBER');
    },
  );

  test.each(['hostId', 'syncId'])('with the %s of another member is refused', async (field) => {
    await add({ [field]: 'taken' });
    const other = await someone();
    const answer = await add({ userId: other.id, [field]: 'taken' });
    expect(codeOf(answer)).toBe('CONFLICT');
    expect(fieldsOf(answer)).toEqual([{ field, message: 'It is already taken.' }]);
    expect(await memberBy(server, operator, projectId, { userId: other.id })).toBeNull();
    await removeMember(server, operator, { projectId, userId: person.id });
    expect((await add({ userId: other.id, [field]: 'taken' })).errors).toEqual([]);
  });

  test('the same ID serves in another project', async () => {
    await add({ hostId: 'H' });
    const elsewhere = await createProject(server, cast.admin, newName('project'));
    expect((await add({ projectId: elsewhere, hostId: 'H' })).errors).toEqual([]);
  });

  test.each([
    ['hostId', ' '],
    ['hostId', ''],
    ['hostId', 'x'.repeat(129)],
    ['syncId', 'a\nb'],
    ['syncId', '\0'],
  ])('with %s %j is refused', async (field, value) => {
    const answer = await add({ [field]: value });
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(fieldsOf(answer)).toMatchObject([{ field }]);
  });

  test.each([
    ['an unknown project', { projectId: NOWHERE }],
    ['a project that is no id', { projectId: 'x' }],
    ['an unknown user', { userId: NOWHERE }],
    ['a user that is no id', { userId: 'x' }],
  ])('%s is NOT_FOUND', async (_what, more) => {
    expect(codeOf(await add(more))).toBe('NOT_FOUND');
  });

  test('a user who is locked for good is refused', async () => {
    await server.graphql(
      'mutation ($id: ID!) { lockUser(id: $id, reason: "Left.") { id } }',
      { id: person.id },
      { token: operator },
    );
    expect(codeOf(await add())).toBe('USER_NOT_ACTIVE');
  });
});

describe('changing', () => {
  const update = (changes: object): Promise<GraphqlAnswer<any>> =>
    updateMember(server, operator, { projectId, userId: person.id, ...changes });

  test('what is left out stays, and null clears', async () => {
    await add({ hostId: 'H', syncId: 'S' });
    const ids = async (changes: object): Promise<unknown> => {
      const { hostId, syncId } = (await update(changes)).data.updateProjectMember;
      return { hostId, syncId };
    };
    expect(await ids({ hostId: 'H2' })).toEqual({ hostId: 'H2', syncId: 'S' });
    expect(await ids({ syncId: null })).toEqual({ hostId: 'H2', syncId: null });
    expect(await ids({})).toEqual({ hostId: 'H2', syncId: null });
    expect(await memberBy(server, operator, projectId, { hostId: 'H' })).toBeNull();
    const audited = await auditedActions(person.id);
    expect(audited).toEqual(
      ['member.add', 'member.update', 'member.update'].map((a) => `user:olga ${a}`),
    );
  });

  test.each(['hostId', 'syncId'])('to the %s of another member is refused', async (field) => {
    await add({ [field]: 'taken' });
    person = await someone();
    await add({ [field]: 'own' });
    const answer = await update({ [field]: 'taken' });
    expect(codeOf(answer)).toBe('CONFLICT');
    expect(fieldsOf(answer)).toEqual([{ field, message: 'It is already taken.' }]);
    expect(await memberBy(server, operator, projectId, { userId: person.id })).toMatchObject({
      [field]: 'own',
    });
  });

  test('to what is no ID is refused', async () => {
    await add();
    expect(fieldsOf(await update({ hostId: '' }))).toMatchObject([{ field: 'hostId' }]);
  });

  test('who is no member, or no more, is NOT_FOUND', async () => {
    expect(codeOf(await update({ hostId: 'H' }))).toBe('NOT_FOUND');
    await add();
    await removeMember(server, operator, { projectId, userId: person.id });
    expect(codeOf(await update({ hostId: 'H' }))).toBe('NOT_FOUND');
  });
});

describe('who', () => {
  const attempts = (
    token: string | undefined,
    userId: string,
  ): Promise<readonly GraphqlAnswer<any>[]> =>
    Promise.all([
      tryAddMember(server, token, { projectId, userId }),
      updateMember(server, token, { projectId, userId, hostId: 'H' }),
      removeMember(server, token, { projectId, userId }),
      inviteMember(server, token, { projectId, userId }),
    ]);

  test('lacks a role that the user holds does nothing with him', async () => {
    await addMember(server, cast.admin, { projectId, userId: cast.adminId, invite: false });
    for (const answer of await attempts(operator, cast.adminId)) {
      expect(codeOf(answer)).toBe('FORBIDDEN');
    }
    expect(await memberBy(server, operator, projectId, { userId: cast.adminId })).not.toBeNull();
  });

  test('is no operator does nothing', async () => {
    for (const answer of await attempts(cast.alva.token, person.id)) {
      expect(codeOf(answer)).toBe('FORBIDDEN');
    }
    for (const answer of await attempts(undefined, person.id)) {
      expect(codeOf(answer)).toBe('UNAUTHENTICATED');
    }
    for (const answer of await attempts(
      await sessionOf(server, cast.operator.id, ['PASSWORD']),
      person.id,
    )) {
      expect(codeOf(answer)).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    }
  });

  test('was made an operator meanwhile is out of the reach of an API client', async () => {
    const client = await createClient(server, cast.admin, {
      scopes: ['members:write', 'enrolment:create'],
    });
    const token = await accessToken(server, client);
    const selection = '{ id }';
    const args = { projectId, userId: cast.operator.id };
    expect(codeOf(await tryAddMember(server, token, args, selection))).toBe('FORBIDDEN');
  });
});

describe('in a SELF_REGISTRATION project', () => {
  beforeEach(() =>
    server.database.query(`UPDATE project SET mode = 'SELF_REGISTRATION' WHERE id = $1`, [
      projectId,
    ]),
  );

  test('nobody is added, changed, removed or invited', async () => {
    const args = { projectId, userId: person.id };
    const answers = [
      await add(),
      await updateMember(server, operator, { ...args, hostId: 'H' }),
      await removeMember(server, operator, args),
      await inviteMember(server, operator, args),
    ];
    expect(answers.map(codeOf)).toEqual(answers.map(() => 'WRONG_PROJECT_MODE'));
  });

  test('there are no members', async () => {
    expect(await page()).toBeNull();
    expect(await memberBy(server, operator, projectId, { userId: person.id })).toBeNull();
  });
});

describe('a host system', () => {
  const client = async (wishes: ClientWishes): Promise<string> =>
    accessToken(server, await createClient(server, cast.admin, wishes));
  const IDS_ONLY = '{ id hostId }';

  test('with members:write manages members of its projects, and of no others', async () => {
    const token = await client({ scopes: ['members:write'], projectIds: [projectId] });
    const inside = { projectId, userId: person.id, hostId: 'H' };
    const added = await tryAddMember(server, token, inside, IDS_ONLY);
    expect(added.data.addProjectMember.hostId).toBe('H');
    const outside = { ...inside, projectId: cast.projectId };
    expect(codeOf(await tryAddMember(server, token, outside, IDS_ONLY))).toBe('NOT_FOUND');
    const there = { projectId: cast.projectId, userId: person.id };
    expect(codeOf(await removeMember(server, token, there))).toBe('NOT_FOUND');
    expect((await removeMember(server, token, { projectId, userId: person.id })).data).toEqual({
      removeProjectMember: true,
    });
  });

  test('sees of a member only what its scopes show', async () => {
    const token = await client({ scopes: ['members:write'] });
    const args = { projectId, userId: person.id };
    for (const hidden of ['user { email }', 'latestEnrolment { id }', 'invitation']) {
      expect(codeOf(await tryAddMember(server, token, args, `{ ${hidden} }`))).toBe('FORBIDDEN');
    }
    expect(await memberBy(server, operator, projectId, { userId: person.id })).toBeNull();
  });

  test('with projects:read and users:read reads the members of its projects, and changes nothing', async () => {
    await add({ hostId: 'H' });
    const scopes = ['projects:read', 'users:read'];
    const token = await client({ scopes, projectIds: [projectId] });
    const ask = (id: string): Promise<GraphqlAnswer<any>> =>
      server.graphql(
        `query ($id: ID!) { project(id: $id) { members { nodes { hostId user { email } } }
           member(hostId: "H") { user { id } } } }`,
        { id },
        { token },
      );
    expect((await ask(projectId)).data.project).toEqual({
      members: { nodes: [{ hostId: 'H', user: { email: person.email } }] },
      member: { user: { id: person.id } },
    });
    expect((await ask(cast.projectId)).data.project).toBeNull();
    expect(codeOf(await add({}, token))).toBe('FORBIDDEN');
    const readers = [
      await client({ scopes: ['projects:read'] }),
      await client({ scopes: ['users:read'] }),
    ];
    for (const half of readers) {
      const { errors } = await server.graphql(
        'query ($id: ID!) { project(id: $id) { members { totalCount } } }',
        { id: projectId },
        { token: half },
      );
      expect(codeOf({ errors })).toBe('FORBIDDEN');
    }
  });

  test('that was deleted meanwhile adds nobody', async () => {
    const made = await createClient(server, cast.admin, { scopes: ['members:write'] });
    const token = await accessToken(server, made);
    await server.graphql(
      'mutation ($id: ID!) { deleteApiClient(id: $id) }',
      { id: made.id },
      { token: cast.admin },
    );
    const answer = await tryAddMember(server, token, { projectId, userId: person.id }, IDS_ONLY);
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
  });
});

describe('two at once', () => {
  test('add the same user: both get the same member, who is added once', async () => {
    const callers = [operator, cast.admin, operator, cast.admin, operator];
    const answers = await Promise.all(callers.map((token) => add({ hostId: 'H' }, token)));
    const ids = answers.map(({ data }) => data.addProjectMember.id as string);
    expect(new Set(ids).size).toBe(1);
    expect((await page()).totalCount).toBe(1);
    expect(await auditedActions(person.id)).toHaveLength(1);
  });

  test.each(['hostId', 'syncId'])(
    'add two users with one %s: one of them has it',
    async (field) => {
      const other = await someone();
      const answers = await Promise.all([
        add({ [field]: 'same' }),
        add({ userId: other.id, [field]: 'same' }, cast.admin),
      ]);
      const refused = answers.filter(({ errors }) => errors.length > 0);
      expect(refused.map(codeOf)).toEqual(['CONFLICT']);
      expect(refused.map(fieldsOf)).toEqual([[{ field, message: 'It is already taken.' }]]);
      expect((await page()).totalCount).toBe(1);
    },
  );

  test('change two members to one ID: one of them has it', async () => {
    const other = await someone();
    await add();
    await add({ userId: other.id });
    const answers = await Promise.all(
      [person.id, other.id].map((userId) =>
        updateMember(server, operator, { projectId, userId, hostId: 'same' }),
      ),
    );
    expect(answers.filter(({ errors }) => errors.length > 0).map(codeOf)).toEqual(['CONFLICT']);
    expect(await memberBy(server, operator, projectId, { hostId: 'same' })).not.toBeNull();
  });

  test('give two members each the ID of the other: neither has it, and nobody waits for the other', async () => {
    const other = await someone();
    await add({ hostId: 'one', syncId: 'one' });
    await add({ userId: other.id, hostId: 'two', syncId: 'two' });
    const swap = (userId: string, id: string) =>
      updateMember(server, operator, { projectId, userId, hostId: id, syncId: id });
    const answers = await Promise.all([swap(person.id, 'two'), swap(other.id, 'one')]);
    expect(answers.map(codeOf)).toEqual(['CONFLICT', 'CONFLICT']);
  });

  test('add and remove the same user: the last word stands, and he is a member once or not at all', async () => {
    await add();
    const args = { projectId, userId: person.id };
    const answers = await Promise.all([
      removeMember(server, operator, args),
      add({}, cast.admin),
      removeMember(server, cast.admin, args),
      add({}),
    ]);
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    const { totalCount } = await page();
    const member = await memberBy(server, operator, projectId, { userId: person.id });
    expect(totalCount).toBe(member === null ? 0 : 1);
  });
});
