import { gatherCast, order, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { csvOf, importUsers, tryImport } from '../helpers/imports';
import { addMember, invitedCode, memberBy } from '../helpers/members';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import { forgetAttempts, rowsOf } from '../helpers/rows';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

const HEADER = ['E-Mail', 'First name', 'Last name', 'ID', 'Sync ID'];

let server: TestServer;
let cast: Cast;
let projectId: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  projectId = await createProject(server, cast.admin, newName('project'), {
    channels: ['EMAIL'],
    importMaxRemovedPercent: 100,
  });
});
afterAll(() => server.stop());

type Row = readonly [email: string, first: string, last: string, id: string, syncId: string];
const bring = (rows: readonly Row[], more: object = {}): Promise<any> =>
  importUsers(server, cast.admin, { projectId, csv: csvOf(HEADER, rows), ...more });
const mail = (name: string): string => `${name}@example.org`;
const person = (name = newName('p'), more: Partial<Record<'id' | 'sync', string>> = {}): Row => [
  mail(name),
  'Pia',
  name,
  more.id ?? '',
  more.sync ?? '',
];
const counts = ({ added, invited, updated, removed, kept, unchanged }: any): number[] => [
  ...[added, invited, updated, removed, kept, unchanged],
];
const userOf = async (email: string): Promise<any> =>
  (
    await server.database.query<any>(
      'SELECT * FROM app_user WHERE email = $1 ORDER BY created_at DESC, id',
      [email],
    )
  )[0];
const membersOf = (id = projectId): Promise<any[]> =>
  server.database.query<any>(
    `SELECT u.email, u.display_name AS name, m.host_id AS "hostId", m.sync_id AS "syncId" FROM project_member m
     JOIN app_user u ON u.id = m.user_id WHERE m.project_id = $1 AND m.removed_at IS NULL ORDER BY u.email`,
    [id],
  );
const versions = (): Promise<object[]> =>
  server.database.query(
    `SELECT 'user' AS kind, id, xmin::text, ctid::text FROM app_user
     UNION ALL SELECT 'member', id, xmin::text, ctid::text FROM project_member
     UNION ALL SELECT 'enrolment', id, xmin::text, ctid::text FROM enrolment ORDER BY 1, 2`,
  );
/** Until all mails are sent, so that nothing changes by itself any more. */
const delivered = (): Promise<true> =>
  eventually(async () => {
    const jobs = await server.database.query('SELECT id FROM graphile_worker.jobs LIMIT 1');
    return jobs.length === 0 ? true : undefined;
  });
const auditedNow = async (): Promise<number> =>
  (await server.database.query<{ count: number }>('SELECT count(*)::int FROM audit_entry'))[0]
    ?.count ?? 0;
const audited = async (userId: string): Promise<string[]> => {
  const rows = await server.database.query<{ entry: string }>(
    `SELECT concat_ws(' ', action, detail) AS entry FROM audit_entry
     WHERE target = 'user:' || $1::text OR detail LIKE '%user:' || $1::text || '%' ORDER BY id`,
    [userId],
  );
  return rows.map(({ entry }) => entry);
};
const problemsOf = (result: any): unknown[] =>
  result.problems.map(({ line, column, message }: any) => [line, column, message]);

describe('a first import', () => {
  test('adds and invites everybody, who gets a mobile ID by the invitation', async () => {
    const name = newName('ina');
    const result = await bring([person(name, { id: 'H-1', sync: 'S-1' }), person()]);
    expect(counts(result)).toEqual([2, 2, 0, 0, 0, 0]);
    expect(result).toMatchObject({ dryRun: false, rows: 2, members: 0, encoding: 'utf-8' });
    const user = await userOf(mail(name));
    expect(user).toMatchObject({
      username: mail(name),
      display_name: `Pia ${name}`,
      state: 'ACTIVE',
      roles: ['USER'],
      external_id: null,
      password_hash: null,
    });
    const member = await memberBy(server, cast.admin, projectId, { syncId: 'S-1' });
    expect(member).toMatchObject({ hostId: 'H-1', user: { id: user.id } });
    const code = await invitedCode(server, mail(name));
    expect(await audited(user.id)).toEqual([
      'user.create',
      expect.stringMatching(/^member\.add project:.* host ID H-1 sync ID S-1$/),
      expect.stringMatching(/^enrolment\.start .* AUTHENTICATION SIGNATURE$/),
    ]);
    const { profile } = await new HonestOrNotPhone(server).enrol(code);
    expect(profile).toMatchObject({ state: 'ACTIVE' });
  });

  test('needs only addresses and names, under whatever name, in whatever order', async () => {
    const [a, b] = [newName('a'), newName('b')];
    const csv = `Abteilung;Nachname;E-Mail-Adresse;Vorname\r\nIT;Ärger;${mail(a)};Ada\r\n;Berg;${mail(b)};Bo\r\n`;
    const result = await importUsers(server, cast.admin, { projectId, csv });
    expect(result).toMatchObject({ added: 2, separator: ';', ignoredColumns: ['Abteilung'] });
    expect((await userOf(mail(a))).display_name).toBe('Ada Ärger');
  });

  test('sends nothing where it is not to, or the project has no way to', async () => {
    expect(counts(await bring([person()], { invite: false }))).toEqual([1, 0, 0, 0, 0, 0]);
    projectId = await createProject(server, cast.admin, newName('project'));
    expect(counts(await bring([person()]))).toEqual([1, 0, 0, 0, 0, 0]);
    const orders = await server.database.query('SELECT id FROM enrolment WHERE project_id = $1', [
      projectId,
    ]);
    expect(orders).toEqual([]);
  });

  test('finds another user name where the address is one already, or too long for one', async () => {
    const taken = newName('taken');
    await server.graphql(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
      { input: { username: mail(taken), displayName: 'Somebody else', email: mail(newName('e')) } },
      { token: cast.admin },
    );
    const long = `${'l'.repeat(60)}@${newName('long')}.example.org`;
    await bring([person(taken, { sync: newName('SYNC') }), [long, 'L', 'Long', '', '']]);
    expect((await userOf(mail(taken))).username).toMatch(/^SYNC/i);
    expect((await userOf(long)).username).toMatch(/^l{40,}.*~[0-9a-f]{8}$/);
  });
});

describe('the same file again', () => {
  test('changes nothing: no version of a row, no entry of the audit log, no message', async () => {
    const rows = [
      person(),
      person(newName('p'), { id: 'H-1' }),
      person(newName('p'), { sync: 'S-1' }),
    ];
    await bring(rows);
    await delivered();
    const before = [await versions(), await auditedNow()];
    const again = await bring(rows);
    expect(counts(again)).toEqual([0, 0, 0, 0, 0, 3]);
    expect(again.changes).toEqual([]);
    expect([await versions(), await auditedNow()]).toEqual(before);
    const shuffled = csvOf(
      ['sync id', 'MAIL', 'surname', 'given name', 'id'],
      rows
        .toReversed()
        .map(([email, first, last, id, sync]) => [sync, email.toUpperCase(), last, first, id]),
      '\t',
    );
    const other = await importUsers(server, cast.admin, { projectId, csv: shuffled });
    expect(counts(other)).toEqual([0, 0, 0, 0, 0, 3]);
    expect([await versions(), await auditedNow()]).toEqual(before);
  });
});

describe('changes', () => {
  test('of names, addresses and IDs are taken over, members being known by their sync IDs', async () => {
    const [a, b, c] = [newName('a'), newName('b'), newName('c')];
    await bring([
      person(a, { id: 'H-1', sync: 'S-1' }),
      person(b, { id: 'H-2', sync: 'S-2' }),
      person(c, { id: 'H-3', sync: 'S-3' }),
    ]);
    const { id } = await userOf(mail(a));
    const result = await bring([
      [mail(`${a}2`), 'Ann', 'Other', 'H-2', 'S-1'],
      [mail(b), 'Pia', b, 'H-1', 'S-2'],
      [mail(c), 'Pia', c, 'H-3', 'S-3'],
    ]);
    expect(counts(result)).toEqual([0, 1, 2, 0, 0, 1]);
    expect(result.changes[0]).toMatchObject({
      action: 'UPDATE',
      line: 2,
      changed: ['name', 'email', 'hostId'],
      before: { name: `Pia ${a}`, email: mail(a), hostId: 'H-1', syncId: 'S-1' },
      invites: true,
    });
    expect(await userOf(mail(`${a}2`))).toMatchObject({ id, display_name: 'Ann Other' });
    expect(await membersOf()).toEqual([
      { email: mail(`${a}2`), name: 'Ann Other', hostId: 'H-2', syncId: 'S-1' },
      { email: mail(b), name: `Pia ${b}`, hostId: 'H-1', syncId: 'S-2' },
      { email: mail(c), name: `Pia ${c}`, hostId: 'H-3', syncId: 'S-3' },
    ]);
  });

  test('a new address voids the invitation to the old one, and brings another', async () => {
    const name = newName('a');
    await bring([person(name, { sync: 'S-1' })]);
    const old = await invitedCode(server, mail(name));
    const phone = new HonestOrNotPhone(server);
    const result = await bring([[mail(`${name}2`), 'Pia', name, '', 'S-1']]);
    expect(counts(result)).toEqual([0, 1, 1, 0, 0, 0]);
    expect(codeOf(await phone.tryClaim(old))).toBe('ENROLMENT_CANCELLED');
    const { profile } = await phone.enrol(await invitedCode(server, mail(`${name}2`)));
    expect(profile).toMatchObject({ state: 'ACTIVE' });
  });

  test('two who exchange their addresses, and a third who gets a freed one, are told apart', async () => {
    const [a, b] = [newName('a'), newName('b')];
    await bring([person(a, { sync: 'S-1' }), person(b, { sync: 'S-2' })]);
    const ids = [(await userOf(mail(a))).id, (await userOf(mail(b))).id];
    const swapped = await bring([
      [mail(b), 'Pia', a, '', 'S-1'],
      [mail(a), 'Pia', b, '', 'S-2'],
    ]);
    expect(swapped.updated).toBe(2);
    expect((await userOf(mail(b))).id).toBe(ids[0]);
    const result = await bring([
      [mail(`${b}3`), 'Pia', a, '', 'S-1'],
      [mail(a), 'Pia', b, '', 'S-2'],
      [mail(b), 'New', 'Person', '', 'S-3'],
    ]);
    expect(counts(result)).toEqual([1, 2, 1, 0, 0, 1]);
    expect(ids).not.toContain((await userOf(mail(b))).id);
    expect((await userOf(mail(`${b}3`))).id).toBe(ids[0]);
  });

  test('sync IDs are given to members who were known by their addresses', async () => {
    const name = newName('a');
    await bring([person(name)]);
    const result = await bring([person(name, { sync: 'S-9' })]);
    expect(counts(result)).toEqual([0, 0, 1, 0, 0, 0]);
    expect(result.changes[0]).toMatchObject({ changed: ['syncId'], before: { syncId: null } });
    // A file without them takes none away.
    const csv = csvOf(HEADER.slice(0, 3), [person(name).slice(0, 3)]);
    expect(counts(await importUsers(server, cast.admin, { projectId, csv }))).toEqual([
      0, 0, 0, 0, 0, 1,
    ]);
  });
});

describe('who is missing', () => {
  test('is removed, loses his mobile ID, is told so, and gets it back when he comes back', async () => {
    const [a, b] = [newName('a'), newName('b')];
    await bring([person(a), person(b, { sync: 'S-2' })]);
    await new HonestOrNotPhone(server).enrol(await invitedCode(server, mail(a)));
    const removed = await bring([person(b, { sync: 'S-2' })]);
    expect(counts(removed)).toEqual([0, 0, 0, 1, 0, 1]);
    expect(removed.changes[0]).toMatchObject({ action: 'REMOVE', line: null, email: mail(a) });
    const stateOf = async (): Promise<unknown> =>
      (
        await server.database.query<{ state: string }>(
          'SELECT p.state, p.suspended_by FROM profile p JOIN app_user u ON u.id = p.user_id WHERE u.email = $1',
          [mail(a)],
        )
      )[0];
    expect(await stateOf()).toEqual({ state: 'INACTIVE', suspended_by: ['PROJECT'] });
    await server.mailTo(mail(a), ({ subject }) => subject.startsWith('You are no longer part'));
    const back = await bring([person(a), person(b, { sync: 'S-2' })]);
    expect(counts(back)).toEqual([1, 0, 0, 0, 0, 1]);
    expect(back.changes[0]).toMatchObject({
      ...{ action: 'ADD', hasAccount: true, returns: true, invites: false },
    });
    expect(await stateOf()).toEqual({ state: 'ACTIVE', suspended_by: [] });
  });

  test('stays where more would be removed than the project or the call allows', async () => {
    projectId = await createProject(server, cast.admin, newName('project'));
    const rows = Array.from({ length: 10 }, () => person());
    await bring(rows);
    const before = await rowsOf(server.database);
    const fewer = csvOf(HEADER, rows.slice(2));
    const refused = await tryImport(server, cast.admin, { projectId, csv: fewer, dryRun: false });
    expect(codeOf(refused)).toBe('CONFLICT');
    expect(refused.errors[0]?.extensions).toMatchObject({
      ...{ reason: 'TOO_MANY_REMOVED', removed: 2, members: 10, maxRemovedPercent: 10 },
    });
    const told = await importUsers(server, cast.admin, { projectId, csv: fewer, dryRun: true });
    expect(told).toMatchObject({ removed: 2, removesTooMany: true, maxRemovedPercent: 10 });
    expect(await rowsOf(server.database)).toEqual(before);
    expect((await bring(rows.slice(1))).removed).toBe(1);
    expect((await bring(rows.slice(5), { maxRemovedPercent: 50 })).removed).toBe(4);
    const nobody = { projectId, csv: csvOf(HEADER, []), dryRun: false };
    expect(codeOf(await tryImport(server, cast.admin, nobody))).toBe('CONFLICT');
    expect((await bring([], { maxRemovedPercent: 100 })).removed).toBe(5);
  });

  test('stays where he holds a role, and is told of', async () => {
    const name = newName('boss');
    const { id } = await createPerson(server, cast.admin, name, ['OPERATOR']);
    await addMember(server, cast.admin, { projectId, userId: id, hostId: 'H-1', invite: false });
    const result = await bring([person()]);
    expect(counts(result)).toEqual([1, 1, 0, 0, 1, 0]);
    expect(result.changes[0]).toMatchObject({ action: 'KEEP', email: mail(name), line: null });
    const taken = await bring([person(newName('p'), { id: 'H-1' })]);
    expect(problemsOf(taken)).toEqual([[2, 'ID', expect.stringContaining('is kept, has this ID')]]);
  });
});

describe('a row that means somebody else', () => {
  const expectUnchanged = async (
    rows: readonly Row[],
    problem: unknown[],
    more = {},
  ): Promise<void> => {
    const before = await rowsOf(server.database);
    const result = await bring([person(), ...rows], more);
    expect(problemsOf(result)).toEqual([problem]);
    expect(counts(result)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await rowsOf(server.database)).toEqual(before);
  };
  afterEach(() => delivered());

  test('an address that belongs to another user is not given to a member', async () => {
    expect.hasAssertions();
    const [victim, name] = [newName('victim'), newName('a')];
    await createPerson(server, cast.admin, victim);
    await bring([person(name, { sync: 'S-1' })]);
    await delivered();
    await expectUnchanged(
      [person(victim, { sync: 'S-1' })],
      [3, 'E-Mail', 'This address belongs to another user.'],
    );
  });

  test('an address under another sync ID may be another person: nobody inherits the mobile ID', async () => {
    const name = newName('a');
    await bring([person(name, { sync: 'S-1' })]);
    await delivered();
    const problem = [3, 'Sync ID', expect.stringContaining('by another sync ID')];
    await expectUnchanged([person(name, { sync: 'S-2' })], problem);
    await bring([]);
    await delivered();
    await expectUnchanged([person(name, { sync: 'S-2' })], problem);
    const back = await bring([person(name, { sync: 'S-1' })]);
    expect(back.changes[0]).toMatchObject({ returns: true });
  });

  test.each(['OPERATOR', 'ADMIN'])('nobody with the role %s is added or changed', async (role) => {
    const name = newName('boss');
    const { id } = await createPerson(server, cast.admin, name, [role]);
    await delivered();
    const problem = [3, 'E-Mail', expect.stringContaining('a user with a role')];
    await expectUnchanged([person(name)], problem);
    await addMember(server, cast.admin, { projectId, userId: id, syncId: 'S-1', invite: false });
    await expectUnchanged([[mail(newName('thief')), name, '', '', 'S-1']], problem);
    await expectUnchanged([[mail(name), 'Other', 'Name', '', 'S-1']], problem);
    // As he is he may stand there.
    expect(counts(await bring([[mail(name), name, '', '', 'S-1']]))).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test('a locked user comes in by no file', async () => {
    expect.hasAssertions();
    const name = newName('locked');
    const { id } = await createPerson(server, cast.admin, name);
    await server.graphql(
      'mutation ($id: ID!) { lockUser(id: $id, reason: "gone") { id } }',
      { id },
      { token: cast.admin },
    );
    await expectUnchanged([person(name)], [3, 'E-Mail', 'This address belongs to a locked user.']);
  });

  test('a member of another project is changed only where the call says so', async () => {
    const elsewhere = await createProject(server, cast.admin, newName('project'));
    const name = newName('shared');
    const { id } = await createPerson(server, cast.admin, name);
    await addMember(server, cast.admin, { projectId: elsewhere, userId: id });
    await expectUnchanged(
      [person(name)],
      [3, 'Last name', expect.stringContaining('another project')],
    );
    const joined = await bring([[mail(name), name, '', '', 'S-1']]);
    expect(joined.changes[0]).toMatchObject({ action: 'ADD', hasAccount: true, isShared: true });
    await delivered();
    const moved: Row = [mail(`${name}2`), name, '', '', 'S-1'];
    await expectUnchanged([moved], [3, 'E-Mail', expect.stringContaining('another project')]);
    const changed = await bring([moved], { changeShared: true });
    expect(changed.changes[0]).toMatchObject({
      ...{ action: 'UPDATE', changed: ['email'], isShared: true },
    });
    expect((await userOf(mail(`${name}2`))).id).toBe(id);
    // Removal here takes nothing away there.
    await bring([]);
    expect(await membersOf(elsewhere)).toHaveLength(1);
  });

  test('who has a mobile ID of another project counts as one of its', async () => {
    const name = newName('shared');
    const elsewhere = await createProject(server, cast.admin, newName('project'));
    const { id } = await createPerson(server, cast.admin, name);
    const placed = await order(server, await sessionOf(server, id), { projectId: elsewhere });
    await new HonestOrNotPhone(server).enrol(placed.code);
    await delivered();
    await expectUnchanged(
      [person(name)],
      [3, 'Last name', expect.stringContaining('another project')],
    );
  });

  test('an address that several users have names none of them', async () => {
    const email = mail(newName('both'));
    for (const username of [newName('x'), newName('y')]) {
      await server.graphql(
        'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
        { input: { username, displayName: username, email } },
        { token: cast.admin },
      );
    }
    await delivered();
    await expectUnchanged(
      [[email, 'Who', 'Knows', '', '']],
      [3, 'E-Mail', expect.stringContaining('Several users')],
    );
  });
});

describe('a file with something wrong in it', () => {
  test('is told by line and column, all of it, and changes nothing', async () => {
    const before = await rowsOf(server.database);
    const twice = mail(newName('twice'));
    const csv = [
      HEADER.join(','),
      `${twice},A,B,H-1,S-1`,
      'no address,A,B,,',
      '',
      `${mail('c')},,,,`,
      `${mail('d')},A,B`,
      `${twice.toUpperCase()},A,B,H-1,S-1`,
      `${mail('e')},"A\u0007",B,${'x'.repeat(129)},`,
      ',A,B,,',
    ].join('\r\n');
    const result = await importUsers(server, cast.admin, { projectId, csv });
    expect(problemsOf(result)).toEqual([
      [3, 'E-Mail', 'It is no e-mail address.'],
      [5, 'Last name', 'It must not be empty.'],
      [6, null, 'It has 3 fields, and the header has 5.'],
      [7, 'E-Mail', 'The same stands on line 2.'],
      [7, 'ID', 'The same stands on line 2.'],
      [7, 'Sync ID', 'The same stands on line 2.'],
      [8, 'Last name', 'It must not contain control characters.'],
      [8, 'ID', 'It must have at most 128 characters.'],
      [9, 'E-Mail', 'It must not be empty.'],
    ]);
    expect(result.problemCount).toBe(9);
    expect(await rowsOf(server.database)).toEqual(before);
  });

  test('of many problems the first hundred are told, and all are counted', async () => {
    const rows = Array.from({ length: 450 }, (_, i) => [`none ${String(i)}`, 'A', 'B', '', '']);
    const result = await importUsers(server, cast.admin, { projectId, csv: csvOf(HEADER, rows) });
    expect(result.problems).toHaveLength(100);
    expect(result.problemCount).toBe(450);
    expect(result.problems[99].line).toBe(101);
  });

  test.each([
    ['', 1, /empty/],
    ['name\nAda\n', 1, /no column "e-mail"/],
    ['e-mail\na@example.org\n', 1, /no column "first name"/],
    ['e-mail,name,mail\n', 1, /Another column/],
    ['e-mail,name\na@example.org,"Ada\n', 2, /never closed/],
  ])('%j cannot be imported', async (csv, line, message) => {
    const result = await importUsers(server, cast.admin, { projectId, csv });
    expect(result.problems[0].line).toBe(line);
    expect(result.problems[0].message).toMatch(message);
    expect(result.problemCount).toBe(1);
  });
});

describe('a dry run', () => {
  test('is what importUsers does unless told otherwise, tells every change, and makes none', async () => {
    const [a, b, c] = [newName('a'), newName('b'), newName('c')];
    await bring([person(a, { sync: 'S-1' }), person(b), person(c)]);
    await delivered();
    const before = [await rowsOf(server.database), await auditedNow()];
    const csv = csvOf(HEADER, [
      [mail(`${a}2`), 'Pia', a, '', 'S-1'],
      person(b),
      person(newName('d')),
    ]);
    const { data } = await tryImport(server, cast.admin, { projectId, csv });
    const told = data.importUsers;
    expect([await rowsOf(server.database), await auditedNow()]).toEqual(before);
    const done = await importUsers(server, cast.admin, { projectId, csv });
    expect({ ...done, dryRun: true }).toEqual(told);
    expect(counts(told)).toEqual([1, 2, 1, 1, 0, 1]);
  });
});

describe('where it is not possible', () => {
  test.each([
    ['an unknown project', { projectId: '00000000-0000-4000-8000-000000000000' }, 'NOT_FOUND'],
    ['a percentage beyond all', { maxRemovedPercent: 101 }, 'INVALID_INPUT'],
    ['more than 1 MB', { csv: `e-mail,name\n${'x'.repeat(1024 * 1024)}` }, 'INVALID_INPUT'],
  ])('%s is refused', async (_what, args, code) => {
    const given = { projectId, csv: csvOf(HEADER, []), ...args };
    expect(codeOf(await tryImport(server, cast.admin, given))).toBe(code);
  });

  test('a file of nearly 1 MB is not too large, however JSON writes it', async () => {
    const rows = Array.from({ length: 10_500 }, (_, i) => [
      ...[mail(`u${String(i)}`), '"A" "B" "C" "D"', `"${'quoted '.repeat(5)}"`, '', ''],
    ]);
    const csv = csvOf(HEADER, rows);
    expect(csv.length).toBeGreaterThan(900_000);
    const { data, errors } = await tryImport(server, cast.admin, { projectId, csv });
    expect(errors).toEqual([]);
    expect(data.importUsers).toMatchObject({ rows: 10_500, added: 10_500, problemCount: 0 });
    expect(data.importUsers.changes).toHaveLength(100);
  });

  test('a request beyond what any caller may send is refused at the door', async () => {
    const given = { projectId, csv: 'x'.repeat(3 * 1024 * 1024) };
    const { status, errors } = await tryImport(server, cast.admin, given);
    expect(status).toBe(413);
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', limit: 'signedInBody' });
  });

  test('a SELF_REGISTRATION project has no members to import', async () => {
    await server.database.query(`UPDATE project SET mode = 'SELF_REGISTRATION' WHERE id = $1`, [
      projectId,
    ]);
    const given = { projectId, csv: csvOf(HEADER, []) };
    expect(codeOf(await tryImport(server, cast.admin, given))).toBe('WRONG_PROJECT_MODE');
  });

  test('nobody but administrators imports by GraphQL', async () => {
    const given = { projectId, csv: csvOf(HEADER, []) };
    expect(codeOf(await tryImport(server, cast.operator.token, given))).toBe('FORBIDDEN');
    expect(codeOf(await tryImport(server, undefined, given))).toBe('UNAUTHENTICATED');
  });
});
