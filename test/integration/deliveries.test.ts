import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import { gatherCast, tryOrder, type Cast } from '../helpers/cast';
import { createTestDatabase } from '../helpers/database';
import { codeOf } from '../helpers/graphql';
import { TestMailServer, type Mood, type ReceivedMail } from '../helpers/receivers/mail-server';
import { hurry, messagesAbout, messageThat } from '../helpers/messages';
import { newName, phoneAt } from '../helpers/orders';
import { createPerson, createProject, type Person } from '../helpers/people';
import { noteSecret } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let mails: TestMailServer;
let server: TestServer;
let cast: Cast;
beforeAll(async () => {
  mails = await new TestMailServer().start();
  server = await startTestServer({
    environment: { SMTP_URL: mails.url, SMTP_TIMEOUT_SECONDS: '1' },
  });
  cast = await gatherCast(server, { channels: ['EMAIL'] });
});
beforeEach(() => {
  mails.mood = 'WELL';
});
afterAll(async () => {
  await server.stop();
  await mails.stop();
});

interface Invited extends Person {
  readonly token: string;
  readonly enrolmentId: string;
}

async function invite(projectId = cast.projectId): Promise<Invited> {
  const person = await createPerson(server, cast.admin, newName('user'));
  const token = await sessionOf(server, person.id);
  const answer = await tryOrder(server, token, { projectId });
  expect(answer.errors).toEqual([]);
  return { ...person, token, enrolmentId: answer.data.startEnrolment.enrolment.id as string };
}

async function seen({ enrolmentId: id, token }: Invited): Promise<unknown> {
  const { data } = await server.graphql(
    'query ($id: ID!) { enrolment(id: $id) { status delivery failure { code } } }',
    { id },
    { token },
  );
  return data.enrolment;
}

function codeInQr({ email }: ReceivedMail): string {
  const image = email.attachments.find(({ mimeType }) => mimeType === 'image/png');
  const png = PNG.sync.read(Buffer.from(image?.content as ArrayBuffer));
  const said = jsQR(new Uint8ClampedArray(png.data), png.width, png.height)?.data ?? '';
  const code = said.slice(`${server.url}/m#`.length);
  noteSecret(code);
  expect(said).toBe(`${server.url}/m#${code}`);
  return code;
}

const QUEUED = { status: 'DELIVERING', delivery: 'QUEUED', failure: null };
const SENT = { status: 'WAITING_FOR_SCAN', delivery: 'SENT', failure: null };

test('the QR code in the mail leads a phone to an active mobile ID', async () => {
  const invited = await invite();
  const mail = await eventually(() => Promise.resolve(mails.to(invited.email)[0]));
  await eventually(async () => {
    const state = (await seen(invited)) as { delivery: string };
    return state.delivery === 'SENT' ? true : undefined;
  });
  expect(await seen(invited)).toEqual(SENT);
  const code = codeInQr(mail);
  expect(mail.email.text).toContain(`${server.url}/i#${code}`);
  const phone = phoneAt(server.url, server.url);
  await phone.claim({ id: invited.enrolmentId, watchToken: '', publicUrl: server.url, code });
  const { profile } = await phone.complete();
  expect(profile.state).toBe('ACTIVE');
});

describe('a mail server that', () => {
  test.each<[Mood, problem: RegExp]>([
    ['DEFERS', /^The mail server did not take the mail \(EENVELOPE 451 4\.7\.1\)\.$/],
    ['SHUTS OUT', /^The mail server did not take the mail \(EPROTOCOL 554\)\.$/],
    ['HANGS', /^The mail server did not take the mail \((?:ETIMEDOUT|ECONNECTION)\)\.$/],
    ['DROPS', /^The mail server did not take the mail \(E[A-Z]+\)\.$/],
    ['LOSES ANSWER', /^The mail server did not take the mail \(E[A-Z]+\)\.$/],
  ])(
    '%s delays a mail and loses none, and the enrolment shows it at each step',
    async (mood, problem) => {
      mails.mood = mood;
      const invited = await invite();
      const failed = await messageThat(
        server.database,
        invited.enrolmentId,
        ({ lastProblem }) => lastProblem?.startsWith('The mail server') === true,
      );
      expect(failed).toMatchObject({ state: 'QUEUED', recipient: invited.email });
      expect(failed.lastProblem).toMatch(problem);
      expect(await seen(invited)).toEqual(QUEUED);
      mails.mood = 'WELL';
      await messageThat(server.database, invited.enrolmentId, ({ state }) => state === 'SENT');
      expect(await seen(invited)).toEqual(SENT);
      const copies = mails.to(invited.email);
      expect(copies.length).toBe(mood === 'LOSES ANSWER' ? Math.max(copies.length, 2) : 1);
      expect(new Set(copies.map(({ email }) => email.messageId)).size).toBe(1);
    },
  );

  test('refuses an address for good ends it at once, and the enrolment with it', async () => {
    mails.mood = 'REFUSES';
    const invited = await invite();
    const message = await messageThat(
      server.database,
      invited.enrolmentId,
      ({ state }) => state !== 'QUEUED',
    );
    expect(message).toMatchObject({
      state: 'FAILED',
      attempts: 1,
      lastProblem: 'The mail server refuses the address (EENVELOPE 550 5.1.1).',
    });
    expect(await seen(invited)).toEqual({
      status: 'FAILED',
      delivery: 'FAILED',
      failure: { code: 'CHANNEL_NOT_AVAILABLE' },
    });
  });

  test('is away for four days has the mail given up, and not before', async () => {
    mails.mood = 'DEFERS';
    const invited = await invite();
    const age = (interval: string): Promise<unknown> =>
      server.database.query(
        'UPDATE message SET queued_at = now() - $2::interval WHERE subject_id = $1',
        [invited.enrolmentId, interval],
      );
    await age('3 days 22 hours');
    const tried = await messageThat(
      server.database,
      invited.enrolmentId,
      ({ attempts }) => attempts >= 2,
    );
    expect(tried.state).toBe('QUEUED');
    await age('4 days');
    const given = await messageThat(
      server.database,
      invited.enrolmentId,
      ({ state }) => state !== 'QUEUED',
    );
    expect(given.state).toBe('FAILED');
    expect(await seen(invited)).toMatchObject({ status: 'FAILED', delivery: 'FAILED' });
  });

  test('comes back gets what waited as soon as one mail has got through', async () => {
    mails.mood = 'SHUTS OUT';
    const invited = [await invite(), await invite(), await invite()];
    for (const { enrolmentId } of invited) {
      await messageThat(server.database, enrolmentId, ({ lastProblem }) => lastProblem !== null);
    }
    await server.database.query(
      `UPDATE message SET next_attempt_at = now() + interval '1 hour' WHERE state = 'QUEUED'`,
    );
    await server.database.query(
      `SELECT graphile_worker.reschedule_jobs(array_agg(id), run_at := now() + interval '1 hour')
       FROM graphile_worker.jobs WHERE task_identifier = 'deliver-message' AND locked_at IS NULL`,
    );
    mails.mood = 'WELL';
    const late = await invite();
    await eventually(() => Promise.resolve(mails.to(late.email)[0]));
    for (const { email } of invited) {
      await eventually(() => Promise.resolve(mails.to(email)[0]));
    }
    expect(mails.received.filter(({ recipients }) => recipients.length !== 1)).toEqual([]);
  });
});

test('of two servers each sends what the other does not, and nothing goes out twice', async () => {
  const database = await createTestDatabase();
  const environment = { SMTP_URL: mails.url };
  const one = await startTestServer({ database, environment });
  const other = await startTestServer({ database, environment });
  try {
    const people = await gatherCast(one, { channels: ['EMAIL'] });
    const orders = await Promise.all(
      Array.from({ length: 24 }, async (_, i) => {
        const by = i % 2 === 0 ? one : other;
        const person = await createPerson(by, people.admin, newName('user'));
        const token = await sessionOf(by, person.id);
        const { errors } = await tryOrder(by, token, { projectId: people.projectId });
        expect(errors).toEqual([]);
        return person.email;
      }),
    );
    mails.mood = 'DEFERS';
    await hurry(database);
    mails.mood = 'WELL';
    await eventually(async () => {
      await hurry(database);
      const left = await database.query(`SELECT id FROM message WHERE state = 'QUEUED'`);
      return left.length === 0 ? true : undefined;
    });
    expect(orders.map((email) => mails.to(email).length)).toEqual(orders.map(() => 1));
  } finally {
    await one.stop();
    await other.stop();
    await database.drop();
  }
});

test('an attempt that somebody else has begun is not begun twice, and goes on where he is gone', async () => {
  mails.mood = 'DEFERS';
  const { enrolmentId, email } = await invite();
  await messageThat(server.database, enrolmentId, ({ lastProblem }) => lastProblem !== null);
  await server.database.query(
    `UPDATE message SET lease = 'another', leased_until = now() + interval '1 hour' WHERE subject_id = $1`,
    [enrolmentId],
  );
  mails.mood = 'WELL';
  const [before] = await messagesAbout(server.database, enrolmentId);
  await hurry(server.database);
  await eventually(async () => {
    const [job] = await server.database.query<{ isLater: boolean }>(
      `SELECT run_at > now() + interval '30 minutes' AS "isLater" FROM graphile_worker.jobs
       WHERE task_identifier = 'deliver-message' AND locked_at IS NULL AND key IS NOT NULL`,
    );
    return job?.isLater === true ? true : undefined;
  });
  const [after] = await messagesAbout(server.database, enrolmentId);
  expect([after?.attempts, mails.to(email)]).toEqual([before?.attempts, []]);
  await server.database.query('UPDATE message SET leased_until = now() WHERE subject_id = $1', [
    enrolmentId,
  ]);
  await messageThat(server.database, enrolmentId, ({ state }) => state === 'SENT');
  expect(mails.to(email)).toHaveLength(1);
});

test('a message whose job is gone from the outbox is found, and sent', async () => {
  mails.mood = 'DEFERS';
  const { enrolmentId, email } = await invite();
  await messageThat(server.database, enrolmentId, ({ lastProblem }) => lastProblem !== null);
  await eventually(async () => {
    const gone = await server.database.query(
      `DELETE FROM graphile_worker._private_jobs WHERE key LIKE 'message:%' AND locked_at IS NULL RETURNING id`,
    );
    return gone.length > 0 ? true : undefined;
  });
  mails.mood = 'WELL';
  await server.database.query(
    `UPDATE message SET next_attempt_at = now() - interval '6 minutes' WHERE subject_id = $1`,
    [enrolmentId],
  );
  const { work, messageQueue } = server.app.services;
  const request = await work.systemRequest('messages', newName('request'));
  await work.change(request, (scope) => messageQueue.requeueLost(scope));
  await eventually(() => Promise.resolve(mails.to(email)[0]));
  expect(mails.to(email)).toHaveLength(1);
});

test('a job that an earlier release has left becomes a message', async () => {
  const { enrolmentId, email } = await invite();
  await eventually(() => Promise.resolve(mails.to(email)[0]));
  await server.database.query(
    `SELECT graphile_worker.add_job('send-mail', json_build_object('template', 'ENROLMENT_INVITATION', 'subjectId', $1::text))`,
    [enrolmentId],
  );
  await eventually(() => Promise.resolve(mails.to(email)[1]));
  expect(await messagesAbout(server.database, enrolmentId)).toHaveLength(2);
});

test('what a transaction has ordered that failed is not sent', async () => {
  const { work, notifications } = server.app.services;
  const request = await work.systemRequest('test', newName('request'));
  const failing = work.change(request, async (scope) => {
    await notifications.notify(scope, 'PASSWORD_CHANGED', cast.alva.id);
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  await work.change(request, (scope) =>
    notifications.notify(scope, 'PASSWORD_CHANGED', cast.other.id),
  );
  await eventually(() => Promise.resolve(mails.to(cast.other.email)[0]));
  expect(mails.to(cast.alva.email)).toEqual([]);
});

test('an invitation that has nothing to say any more is dropped', async () => {
  mails.mood = 'DEFERS';
  const invited = await invite();
  await messageThat(
    server.database,
    invited.enrolmentId,
    ({ lastProblem }) => lastProblem !== null,
  );
  const { errors } = await server.graphql(
    'mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }',
    { id: invited.enrolmentId },
    { token: invited.token },
  );
  expect(errors).toEqual([]);
  mails.mood = 'WELL';
  await messageThat(server.database, invited.enrolmentId, ({ state }) => state === 'DROPPED');
  expect(await seen(invited)).toEqual({ status: 'CANCELLED', delivery: 'FAILED', failure: null });
  expect(mails.to(invited.email)).toEqual([]);
});

describe('operators', () => {
  const MESSAGES = `query ($state: MessageState, $subjectId: ID) { messages(first: 50, state: $state, subjectId: $subjectId) {
    totalCount nodes { id channel template subjectId projectId state attempts nextAttemptAt problem recipient createdAt sentAt } } }`;
  const RESEND = 'mutation ($id: ID!) { resendMessage(id: $id) { id state attempts problem } }';
  const resend = (id: string) => server.graphql(RESEND, { id }, { token: cast.operator.token });

  test('see what did not arrive, with the last problem, and find it by its enrolment', async () => {
    mails.mood = 'REFUSES';
    const { enrolmentId, email } = await invite();
    const { id } = await messageThat(
      server.database,
      enrolmentId,
      ({ state }) => state === 'FAILED',
    );
    const { data, errors } = await server.graphql(
      MESSAGES,
      { state: 'FAILED', subjectId: enrolmentId },
      { token: cast.operator.token },
    );
    expect(errors).toEqual([]);
    expect(data.messages).toEqual({
      totalCount: 1,
      nodes: [
        {
          id,
          channel: 'EMAIL',
          template: 'ENROLMENT_INVITATION',
          subjectId: enrolmentId,
          projectId: cast.projectId,
          state: 'FAILED',
          attempts: 1,
          nextAttemptAt: null,
          problem: 'The mail server refuses the address (EENVELOPE 550 5.1.1).',
          recipient: email,
          createdAt: expect.any(String) as string,
          sentAt: null,
        },
      ],
    });
  });

  test('cannot resend an invitation whose enrolment has ended, nor what is queued still', async () => {
    mails.mood = 'REFUSES';
    const ended = await invite();
    const { id } = await messageThat(
      server.database,
      ended.enrolmentId,
      ({ state }) => state === 'FAILED',
    );
    const refused = await resend(id);
    expect([codeOf(refused), refused.errors[0]?.extensions['reason']]).toEqual([
      'INVALID_TRANSITION',
      'NOTHING_TO_SAY',
    ]);
    mails.mood = 'DEFERS';
    const waiting = await invite();
    const queued = await messageThat(
      server.database,
      waiting.enrolmentId,
      ({ lastProblem }) => lastProblem !== null,
    );
    expect((await resend(queued.id)).errors[0]?.extensions['reason']).toBe('STILL_QUEUED');
    expect(codeOf(await resend(cast.adminId))).toBe('NOT_FOUND');
  });

  test('resend what was refused, under another Message-ID, to the address that is right by then', async () => {
    const invited = await invite();
    const first = await eventually(() => Promise.resolve(mails.to(invited.email)[0]));
    const phone = phoneAt(server.url, server.url);
    mails.mood = 'REFUSES';
    const code = codeInQr(first);
    await phone.claim({ id: invited.enrolmentId, watchToken: '', publicUrl: server.url, code });
    await phone.complete();
    const notice = await eventually(async () => {
      const [, failed] = await messagesAbout(server.database, invited.enrolmentId);
      return failed?.state === 'FAILED' ? failed : undefined;
    });
    mails.mood = 'WELL';
    const address = `new.${invited.email}`;
    await server.graphql(
      'mutation ($id: ID!, $email: String) { updateUser(id: $id, input: { email: $email }) { id } }',
      { id: invited.id, email: address },
      { token: cast.operator.token },
    );
    expect((await resend(notice.id)).data.resendMessage).toEqual({
      id: notice.id,
      state: 'QUEUED',
      attempts: 0,
      problem: null,
    });
    const arrived = await eventually(() =>
      Promise.resolve(mails.to(address).find(({ email }) => email.subject?.includes('is active'))),
    );
    expect(arrived.email.messageId).toContain(`enrolment-completed.${notice.id}.2@`);
    const entries = await server.database.query(
      `SELECT actor, detail FROM audit_entry WHERE action = 'message.resend' AND target = $1`,
      [`message:${notice.id}`],
    );
    expect(entries).toEqual([{ actor: 'user:olga', detail: 'EMAIL ENROLMENT_COMPLETED' }]);
  });
});

test('a mail about an enrolment is in the language of its project', async () => {
  const projectId = await createProject(server, cast.admin, newName('deutsch'), {
    channels: ['EMAIL'],
    language: 'DE',
  });
  const invited = await invite(projectId);
  const mail = await eventually(() => Promise.resolve(mails.to(invited.email)[0]));
  codeInQr(mail);
  expect(mail.email.subject).toMatch(/^Ihre Mobile ID für /);
  expect(mail.email.text).toContain('Scannen Sie den QR-Code mit Ihrem Telefon');
  expect(mail.email.html).toContain('<html lang="de">');
});

test('a mail says that it comes from a machine, and what kind it is', async () => {
  const invited = await invite();
  const { raw } = await eventually(() => Promise.resolve(mails.to(invited.email)[0]));
  expect(raw).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
  expect(raw).toMatch(/^X-Auto-Response-Suppress: All\r?$/m);
  expect(raw).toMatch(/^List-Id: <enrolment-invitation\.localhost>\r?$/im);
});
