import { gatherCast, type Cast } from '../helpers/cast';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { auditOf, enrol, moveProfile, type Holder } from '../helpers/profiles';
import { copyProfile, endsInDays, remind, RenewingPhone } from '../helpers/renewals';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let database: TestDatabase;
let server: TestServer;
let other: TestServer;
let cast: Cast;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ database });
  other = await startTestServer({ database });
  cast = await gatherCast(server, { maxProfilesPerUser: 100 });
});
afterAll(async () => {
  await server.stop();
  await other.stop();
  await database.drop();
});

/** Somebody new with a mobile ID in a project with these settings, that ends in so many days. */
async function holderEnding(days: number, settings: object = {}): Promise<Holder> {
  const projectId = await createProject(server, cast.admin, newName('project'), { ...settings });
  const person = await createPerson(server, cast.admin, newName('holder'));
  const token = await sessionOf(server, person.id);
  const profileId = await enrol(server, token, { projectId });
  await endsInDays(server, profileId, days);
  return { ...person, token, profileId };
}

/** Both servers look, at the same time. */
async function look(): Promise<void> {
  await Promise.all([server, other, server, other].map(remind));
}

async function daysOf({ profileId }: Holder): Promise<number[]> {
  const rows = await database.query<{ days: number }>(
    'SELECT days FROM expiry_reminder WHERE profile_id = $1 ORDER BY reminded_at, days DESC',
    [profileId],
  );
  return rows.map(({ days }) => days);
}

async function mailsTo({ email }: Holder): Promise<string[]> {
  const all = [...(await server.mails()), ...(await other.mails())];
  return all
    .filter(({ to, subject }) => to.includes(email) && subject.includes('runs out'))
    .map(({ subject }) => subject);
}

async function pending(): Promise<void> {
  await eventually(async () => {
    const jobs = await database.query(
      `SELECT id FROM graphile_worker.jobs WHERE task_identifier = 'deliver-message'`,
    );
    return jobs.length === 0 ? true : undefined;
  });
}

async function overTime(holder: Holder, days: readonly number[]): Promise<number[]> {
  for (const left of days) {
    // the same end, seen from a later day
    await database.query(
      `WITH shift AS (SELECT valid_to - (now() + $2 * interval '24 hours') AS by FROM profile WHERE id = $1),
         reminders AS (UPDATE expiry_reminder SET ends_at = ends_at - (SELECT by FROM shift) WHERE profile_id = $1),
         certificates AS (UPDATE certificate SET not_after = not_after - (SELECT by FROM shift) WHERE profile_id = $1)
       UPDATE profile SET valid_to = valid_to - (SELECT by FROM shift) WHERE id = $1`,
      [holder.profileId, left],
    );
    await look();
  }
  return daysOf(holder);
}

test('each of 120 mobile IDs is reminded once, by two servers that look at the same time', async () => {
  const holder = await holderEnding(59.5);
  await copyProfile(server, holder.profileId, 120);
  await look();
  const [noted] = await database.query<{ reminders: number; profiles: number; entries: number }>(
    `SELECT count(*)::int AS reminders, count(DISTINCT r.profile_id)::int AS profiles,
       (SELECT count(*)::int FROM audit_entry a WHERE a.action = 'profile.remind' AND a.target IN (
          SELECT 'profile:' || id FROM profile WHERE user_id = $1)) AS entries
     FROM expiry_reminder r JOIN profile p ON p.id = r.profile_id WHERE p.user_id = $1`,
    [holder.id],
  );
  expect(noted).toEqual({ reminders: 121, profiles: 121, entries: 121 });
  await pending();
  expect(await mailsTo(holder)).toHaveLength(121);
});

test('a look that breaks off leaves nothing half done, and the next one forgets nothing', async () => {
  const holder = await holderEnding(100);
  await copyProfile(server, holder.profileId, 20);
  await database.query(
    `CREATE FUNCTION break_off() RETURNS trigger AS $$ BEGIN
       IF NEW.action = 'profile.remind' AND random() < 0.2 THEN RAISE 'broken off'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql`,
  );
  await database.query(
    'CREATE TRIGGER break_off BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION break_off()',
  );
  const noted = async () => {
    const [row] = await database.query<Record<'reminders' | 'entries', number>>(
      `WITH own AS (SELECT id FROM profile WHERE user_id = $1)
       SELECT (SELECT count(*)::int FROM expiry_reminder WHERE profile_id IN (SELECT id FROM own)) AS reminders,
         (SELECT count(*)::int FROM audit_entry WHERE action = 'profile.remind'
            AND target IN (SELECT 'profile:' || id FROM own)) AS entries`,
      [holder.id],
    );
    return row;
  };
  try {
    await database.query(
      `WITH c AS (UPDATE certificate SET not_before = now() - interval '700 days', not_after = now() + interval '29 days'
         WHERE profile_id IN (SELECT id FROM profile WHERE user_id = $1))
       UPDATE profile SET valid_to = now() + interval '29 days' WHERE user_id = $1`,
      [holder.id],
    );
    await Promise.allSettled([server, other].map(remind));
    const half = await noted();
    expect(half?.entries).toBe(half?.reminders);
  } finally {
    await database.query('DROP TRIGGER break_off ON audit_entry');
    await database.query('DROP FUNCTION break_off');
  }
  await look();
  expect(await noted()).toEqual({ reminders: 21, entries: 21 });
  await pending();
  expect(await mailsTo(holder)).toHaveLength(21);
});

test('a holder is reminded on 60, 30, 14 and 7 days, and then no more', async () => {
  const holder = await holderEnding(61);
  expect(await overTime(holder, [61, 59.9, 59, 30.1, 29.9, 15, 14, 13, 7, 6, 1])).toEqual([
    60, 30, 14, 7,
  ]);
});

test('and every day after the last of them, where the project wishes it', async () => {
  const holder = await holderEnding(9, { expiryReminderDays: [4], dailyExpiryReminders: true });
  expect(await overTime(holder, [5, 4, 3.2, 3, 2.5, 2, 1, 0.5])).toEqual([4, 3, 2, 1]);
});

test('a holder who has missed some days is reminded of the last of them alone', async () => {
  const holder = await holderEnding(10);
  expect(await overTime(holder, [10])).toEqual([14]);
});

test('a short mobile ID is not reminded of before half of its life is over', async () => {
  const holder = await holderEnding(100);
  await database.query(
    `UPDATE certificate SET not_before = now() - interval '10 days', not_after = now() + interval '20 days'
     WHERE profile_id = $1`,
    [holder.profileId],
  );
  await look();
  expect(await daysOf(holder)).toEqual([]);
});

test('nobody is reminded where the project does not wish it', async () => {
  const holder = await holderEnding(5, { expiryReminderDays: [], dailyExpiryReminders: true });
  await look();
  expect(await daysOf(holder)).toEqual([]);
});

test('nobody is reminded of what is revoked, suspended, over or renewed, or has no address', async () => {
  const token = cast.operator.token;
  const [revoked, suspended, over, unreachable] = await Promise.all(
    [100, 100, 100, 100].map((days) => holderEnding(days)),
  );
  if (!revoked || !suspended || !over || !unreachable) throw new Error('Four were made.');
  await moveProfile(server, 'revokeProfile', revoked.profileId, { token });
  await moveProfile(server, 'deactivateProfile', suspended.profileId, { token });
  await database.query('UPDATE app_user SET email = NULL WHERE id = $1', [unreachable.id]);
  for (const { profileId } of [revoked, suspended, unreachable]) {
    await endsInDays(server, profileId, 10);
  }
  await endsInDays(server, over.profileId, -1);
  await look();
  for (const holder of [revoked, suspended, over, unreachable]) {
    expect(await daysOf(holder)).toEqual([]);
  }
  await moveProfile(server, 'reactivateProfile', suspended.profileId, { token });
  await look();
  expect(await daysOf(suspended)).toEqual([14]);
});

test('what is renewed begins anew, and a mail on its way then says nothing', async () => {
  const phone = await RenewingPhone.enrol(server, cast.alva.token, { projectId: cast.projectId });
  await endsInDays(server, phone.profileId, 20);
  const { requests } = await phone.make();
  const { expiryReminders, work } = server.app.services;
  await look();
  const [reminder] = await database.query<{ id: string }>(
    'SELECT id FROM expiry_reminder WHERE profile_id = $1',
    [phone.profileId],
  );
  const notice = async () =>
    expiryReminders.reminder(work.read(await work.systemRequest('mail', 'x')), reminder?.id ?? '');
  expect(await notice()).toMatchObject({ address: cast.alva.email, daysLeft: 20 });
  expect((await phone.tryRenew(requests)).errors).toEqual([]);
  expect(await notice()).toBeNull();
  await look();
  expect(await daysOf({ profileId: phone.profileId } as Holder)).toEqual([30]);
});

test('the mail says what runs out when, on which phone, and leads to the page that renews it', async () => {
  const holder = await holderEnding(13.5);
  await look();
  await pending();
  const all = [...(await server.mails()), ...(await other.mails())];
  const mail = all.find(
    ({ to, subject }) => to.includes(holder.email) && subject.includes('runs out'),
  );
  expect(mail?.subject).toMatch(/^Your mobile ID for .* runs out in 14 days$/);
  expect(mail?.text).toMatch(/http:\/\/localhost:\d+\/m\n/);
  expect(mail?.text).toContain('Phone under test');
  expect(await auditOf(server, holder.profileId)).toMatchObject([
    { action: 'profile.remind', detail: '14 days' },
  ]);
});

test('reminders are forgotten a month after the end', async () => {
  const holder = await holderEnding(10);
  await look();
  const { expiryReminders, work } = server.app.services;
  const purge = async () =>
    work.change(await work.systemRequest('purge', 'x'), (scope) => expiryReminders.purge(scope));
  await purge();
  expect(await daysOf(holder)).toEqual([14]);
  await database.query(
    `UPDATE expiry_reminder SET ends_at = now() - interval '31 days' WHERE profile_id = $1`,
    [holder.profileId],
  );
  await purge();
  expect(await daysOf(holder)).toEqual([]);
});
