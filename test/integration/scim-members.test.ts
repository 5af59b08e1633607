import { gatherCast, type Cast } from '../helpers/cast';
import { accessToken, createClient } from '../helpers/api-clients';
import { csvOf, importUsers } from '../helpers/imports';
import { addMember, removeMember } from '../helpers/members';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { newUser, ScimDirectory } from '../helpers/scim';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;
let token: string;
let projectId: string;
let scim: ScimDirectory;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  const client = await createClient(server, cast.admin, { scopes: ['users:write'] });
  token = await accessToken(server, client);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  ({ projectId, scim } = await newProject());
});
afterAll(() => server.stop());

async function newProject(): Promise<{ projectId: string; scim: ScimDirectory }> {
  const id = await createProject(server, cast.admin, newName('project'), {
    importMaxRemovedPercent: 100,
  });
  return {
    projectId: id,
    scim: new ScimDirectory(`${server.url}/scim/v2/projects/${id}`, token),
  };
}

const mail = (name: string): string => `${name}@example.org`;
const bring = (rows: readonly (readonly string[])[], more: object = {}): Promise<any> => {
  const csv = csvOf(['e-mail', 'name', 'sync ID'], rows);
  return importUsers(server, cast.admin, { projectId, csv, ...more });
};
const userOf = async (id: string): Promise<any> =>
  (
    await server.database.query<any>(
      'SELECT email, phone, display_name AS name, groups FROM app_user WHERE id = $1',
      [id],
    )
  )[0];
const groupNames = async (id: string): Promise<string[]> =>
  (await userOf(id)).groups.map((name: string) => name.split('/')[2]);
const pushed = (name: string, fields: object = {}): Promise<{ readonly id: string }> =>
  scim.user(name, { displayName: name, emails: [{ value: mail(name) }], ...fields });
const versionOf = async (path: string): Promise<string> =>
  (await scim.call('GET', path)).headers.get('etag') ?? '';

describe('an import', () => {
  test('that lets somebody in lets him into the groups that the directory has for him', async () => {
    const name = newName('later');
    const { id } = await pushed(name, { active: false });
    const group = await scim.group('Staff', [id]);
    expect(await groupNames(id)).toEqual([]);
    expect(await bring([[mail(name), name, 'S-1']])).toMatchObject({ added: 1, problemCount: 0 });
    expect(await groupNames(id)).toEqual([group.id]);
    expect((await scim.call('GET', `/Users/${id}`)).body).toMatchObject({
      ...{ active: true, externalId: 'S-1' },
    });
  });

  test('that removes somebody takes him out of them, until he comes back by whichever way', async () => {
    const name = newName('seasonal');
    const { id } = await pushed(name, { externalId: 'S-1' });
    const group = await scim.group('Staff', [id]);
    expect(await groupNames(id)).toEqual([group.id]);
    expect((await bring([])).removed).toBe(1);
    expect(await groupNames(id)).toEqual([]);
    const away = await scim.call('GET', `/Users/${id}`);
    expect(away.body).toMatchObject({ active: false, externalId: 'S-1' });
    expect((await bring([[mail(name), name, 'S-1']])).added).toBe(1);
    expect(await groupNames(id)).toEqual([group.id]);
    await removeMember(server, cast.operator.token, { projectId, userId: id });
    await scim.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: true });
    expect(await groupNames(id)).toEqual([group.id]);
  });

  test('shows in versions and times of change, so that nobody overwrites it unseen', async () => {
    const name = newName('moving');
    const { id } = await pushed(name, { externalId: 'S-1' });
    const path = `/Users/${id}`;
    const operation = { op: 'replace', path: 'displayName', value: 'Other' };
    for (const rows of [[[mail(newName('moved')), name, 'S-1']], []]) {
      const version = await versionOf(path);
      const [before] = await scim.found(`id eq "${id}"`);
      await bring(rows);
      const [after] = await scim.found(`id eq "${id}"`);
      expect(Date.parse(after?.['meta'].lastModified)).toBeGreaterThan(
        Date.parse(before?.['meta'].lastModified),
      );
      const stale = { 'if-match': version };
      const body = { schemas: [PATCH_URN], Operations: [operation] };
      expect((await scim.call('PATCH', path, body, stale)).status).toBe(412);
    }
  });

  test('knows whom the directory pushed by the external id', async () => {
    const name = newName('known');
    const { id } = await pushed(name, { externalId: 'S-1' });
    const moved = mail(newName('moved'));
    expect(await bring([[moved, name, 'S-1']])).toMatchObject({ updated: 1, added: 0 });
    expect((await userOf(id)).email).toBe(moved);
  });
});

describe('who is removed by others than the directory', () => {
  test('stays in its sight while he is in one of its groups, so that it can take him out for good', async () => {
    const { id } = await createPerson(server, cast.admin, newName('by-hand'));
    const membership = { projectId, userId: id };
    await addMember(server, cast.operator.token, { ...membership, syncId: 'S-1' });
    const group = await scim.group('Staff', [id]);
    await removeMember(server, cast.operator.token, membership);
    expect((await scim.call('GET', `/Users/${id}`)).body).toMatchObject({
      ...{ active: false, externalId: 'S-1' },
    });
    await scim.patch(`/Groups/${group.id}`, { op: 'remove', path: `members[value eq "${id}"]` });
    await addMember(server, cast.operator.token, membership);
    expect(await groupNames(id)).toEqual([]);
  });

  test('is not there any more where the directory knew nothing of him', async () => {
    const { id } = await createPerson(server, cast.admin, newName('by-hand'));
    await addMember(server, cast.operator.token, { projectId, userId: id });
    await removeMember(server, cast.operator.token, { projectId, userId: id });
    expect((await scim.call('GET', `/Users/${id}`)).status).toBe(404);
  });

  test('keeps the external id that the directory gives him while he is away', async () => {
    const { id } = await pushed(newName('away'), { externalId: 'S-1' });
    const { body } = await scim.patch(
      `/Users/${id}`,
      { op: 'replace', path: 'active', value: false },
      { op: 'replace', path: 'externalId', value: 'S-2' },
    );
    expect(body).toMatchObject({ active: false, externalId: 'S-2' });
  });
});

describe('a user of another project', () => {
  let id: string;
  let name: string;
  beforeEach(async () => {
    name = newName('shared');
    const made = await createPerson(server, cast.admin, name);
    ({ id } = made);
    await addMember(server, cast.operator.token, { projectId: cast.projectId, userId: id });
  });

  test('with another address is somebody else, whom no directory gets hold of', async () => {
    const before = await userOf(id);
    const taking = newUser(name, { emails: [{ value: mail(newName('thief')) }] });
    const { status, body } = await scim.call('POST', '/Users', taking);
    expect([status, body.scimType]).toEqual([409, 'uniqueness']);
    expect(await userOf(id)).toEqual(before);
    expect((await scim.call('GET', `/Users/${id}`)).status).toBe(404);
  });

  test('becomes one of this project’s, and keeps name, address and number', async () => {
    const before = await userOf(id);
    const made = await scim.user(name, {
      displayName: 'Somebody Else',
      emails: [{ value: mail(name).toUpperCase() }],
      phoneNumbers: [{ value: '+41441234567' }],
    });
    expect(made).toMatchObject({ id, displayName: before.name, emails: [{ value: before.email }] });
    expect(made['phoneNumbers']).toBeUndefined();
    expect(await userOf(id)).toEqual(before);
  });

  test.each([
    [
      'address',
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'thief@example.org' },
    ],
    ['address away', { op: 'remove', path: 'emails' }],
    ['number', { op: 'add', path: 'phoneNumbers', value: [{ value: '+41441234567' }] }],
    ['name', { op: 'replace', path: 'displayName', value: 'Somebody Else' }],
  ])('has his %s changed by none of their directories', async (_, operation) => {
    await scim.user(name);
    const before = await userOf(id);
    const { status, body } = await scim.patch(`/Users/${id}`, operation);
    expect([status, body.scimType]).toEqual([400, 'mutability']);
    expect(await userOf(id)).toEqual(before);
  });

  test('is let in and out by them, and changed once he is this project’s alone', async () => {
    await scim.user(name, { externalId: 'S-1' });
    const path = `/Users/${id}`;
    const off = { op: 'replace', path: 'active', value: false };
    expect((await scim.patch(path, off)).status).toBe(200);
    expect((await scim.patch(path, { ...off, value: true })).status).toBe(200);
    await removeMember(server, cast.operator.token, { projectId: cast.projectId, userId: id });
    const moved = mail(newName('moved'));
    const change = { op: 'replace', path: 'emails', value: [{ value: moved }] };
    expect((await scim.patch(path, change)).status).toBe(200);
    expect((await userOf(id)).email).toBe(moved);
  });
});

test('whom Signet knows by another address is somebody else, also where he is in no project', async () => {
  const person = await createPerson(server, cast.admin, newName('known'));
  const taking = newUser(person.username, { emails: [{ value: mail(newName('thief')) }] });
  expect((await scim.call('POST', '/Users', taking)).status).toBe(409);
  expect((await userOf(person.id)).email).toBe(person.email);
});

test('what a directory does with users who are no members stands in the audit log, too', async () => {
  const { id } = await pushed(newName('audited'), { active: false });
  await scim.patch(`/Users/${id}`, { op: 'add', path: 'externalId', value: 'S-1' });
  await scim.call('DELETE', `/Users/${id}`);
  const entries = await server.database.query<{ action: string; detail: string | null }>(
    `SELECT action, detail FROM audit_entry WHERE target = 'user:' || $1 ORDER BY id`,
    [id],
  );
  const detail = `project:${projectId}`;
  expect(entries).toEqual([
    { action: 'user.create', detail: null },
    { action: 'scim-user.create', detail },
    { action: 'scim-user.update', detail },
    { action: 'scim-user.delete', detail },
  ]);
});

const PATCH_URN = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
