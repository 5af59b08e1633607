import { join } from 'node:path';
import { gatherCast, tryOrder, type Cast } from '../helpers/cast';
import { TestMailServer, type ReceivedMail } from '../helpers/receivers/mail-server';
import { messagesAbout, messageThat } from '../helpers/messages';
import { runNode } from '../helpers/processes/node-child';
import { newName } from '../helpers/orders';
import { createPerson } from '../helpers/people';
import { noteSecret, testRun } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let mails: TestMailServer;
let server: TestServer;
let cast: Cast;
beforeAll(async () => {
  mails = await new TestMailServer().start();
  server = await startTestServer({
    environment: { SMTP_URL: mails.url, BOUNCE_ADDRESS: 'bounces@mail.example.org' },
  });
  cast = await gatherCast(server, { channels: ['EMAIL'] });
});
afterAll(async () => {
  await server.stop();
  await mails.stop();
});

interface Sent {
  readonly enrolmentId: string;
  readonly token: string;
  readonly mail: ReceivedMail;
}

async function invite(): Promise<Sent> {
  const person = await createPerson(server, cast.admin, newName('user'));
  const token = await sessionOf(server, person.id);
  const { data } = await tryOrder(server, token, { projectId: cast.projectId });
  const enrolmentId = data.startEnrolment.enrolment.id as string;
  const mail = await eventually(() => Promise.resolve(mails.to(person.email)[0]));
  noteSecret(/\/i#([\w-]{22})/.exec(mail.email.text ?? '')?.[1] ?? '');
  await messageThat(server.database, enrolmentId, ({ state }) => state === 'SENT');
  return { enrolmentId, token, mail };
}

/** What a mail server such as Postfix sends to the return path. */
function report(to: string, action = 'failed', status = '5.1.1'): string {
  return [
    'From: MAILER-DAEMON@mail.example.org',
    `To: ${to}`,
    'Subject: Undelivered Mail Returned to Sender',
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'I am sorry to have to inform you that your message could not be delivered.',
    '',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mail.example.org',
    'Arrival-Date: Sun, 22 Nov 2026 08:00:00 +0000',
    '',
    'Final-Recipient: rfc822; somebody@example.org',
    `Action: ${action}`,
    `Status: ${status}`,
    'Diagnostic-Code: smtp; 550 5.1.1 User unknown',
    '',
    '--b--',
    '',
  ].join('\r\n');
}

async function bounce(
  mail: string,
  address: string[] = [],
  environment: Record<string, string> = {},
): Promise<{ status: number; output: string }> {
  const command = join(__dirname, '../../dist/src/cli/bounce.js');
  const { masterKey: MASTER_KEY } = testRun();
  const own = { DATABASE_URL: server.database.serverUrl, MASTER_KEY, ...environment };
  return runNode([command, ...address], own, mail);
}

async function seen({ enrolmentId: id, token }: Sent): Promise<unknown> {
  const { data } = await server.graphql(
    'query ($id: ID!) { enrolment(id: $id) { status delivery } }',
    { id },
    { token },
  );
  return data.enrolment;
}

test('each mail has a return path of its own, and its sender stays what it was', async () => {
  const [one, other] = [await invite(), await invite()];
  for (const { mail } of [one, other]) {
    expect(mail.from).toMatch(/^bounces\+[0-9a-v]{45}@mail\.example\.org$/);
    expect(mail.email.from?.address).toBe('signet@localhost');
  }
  expect(one.mail.from).not.toBe(other.mail.from);
});

test('a mail that comes back is BOUNCED, and its enrolment tells so and stays open', async () => {
  const sent = await invite();
  const [before] = await messagesAbout(server.database, sent.enrolmentId);
  expect(await bounce(report(sent.mail.from))).toEqual({ status: 0, output: 'BOUNCED\n' });
  const [after] = await messagesAbout(server.database, sent.enrolmentId);
  expect(after).toMatchObject({ state: 'BOUNCED', lastProblem: 'The mail came back (5.1.1).' });
  expect(await seen(sent)).toEqual({ status: 'WAITING_FOR_SCAN', delivery: 'BOUNCED' });
  const entries = await server.database.query(
    `SELECT actor, detail FROM audit_entry WHERE action = 'message.bounce' AND target = $1`,
    [`message:${before?.id ?? ''}`],
  );
  expect(entries).toEqual([{ actor: 'system:bounce', detail: '5.1.1' }]);
  expect((await bounce(report(sent.mail.from))).output).toBe('IGNORED\n');
});

test('the address of the envelope goes before what headers say', async () => {
  const [sent, other] = [await invite(), await invite()];
  const { output } = await bounce(report(other.mail.from), [sent.mail.from]);
  expect(output).toBe('BOUNCED\n');
  expect(await seen(sent)).toMatchObject({ delivery: 'BOUNCED' });
  expect(await seen(other)).toMatchObject({ delivery: 'SENT' });
});

test('what says no failure, or names no mail that was sent, changes nothing and is no error', async () => {
  const sent = await invite();
  const { from } = sent.mail;
  const forged = from.replace(/\+(.)/, (_all, first: string) => `+${first === '0' ? '1' : '0'}`);
  for (const mail of [
    report(from, 'delayed', '4.4.1'),
    report(from, 'delivered', '2.0.0'),
    report(forged),
    report('bounces@mail.example.org'),
    `To: ${from}\r\nSubject: Out of office\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n`,
    '',
    '\0'.repeat(1000),
  ]) {
    expect(await bounce(mail)).toEqual({ status: 0, output: 'IGNORED\n' });
  }
  expect(await seen(sent)).toEqual({ status: 'WAITING_FOR_SCAN', delivery: 'SENT' });
});

test('the report of an earlier dispatch says nothing of the one that was sent again', async () => {
  const sent = await invite();
  const [message] = await messagesAbout(server.database, sent.enrolmentId);
  await server.graphql(
    'mutation ($id: ID!) { resendMessage(id: $id) { id } }',
    { id: message?.id },
    { token: cast.operator.token },
  );
  await messageThat(
    server.database,
    sent.enrolmentId,
    ({ state, dispatch }) => state === 'SENT' && dispatch === 2,
  );
  expect((await bounce(report(sent.mail.from))).output).toBe('IGNORED\n');
  const again = mails.to(sent.mail.recipients[0] ?? '')[1];
  expect((await bounce(report(again?.from ?? ''))).output).toBe('BOUNCED\n');
});

test('a database that is away has the mail server try again', async () => {
  const { mail } = await invite();
  const away = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere' };
  const { status, output } = await bounce(report(mail.from), [], away);
  expect(status).toBe(75);
  expect(output).not.toContain(testRun().masterKey);
});

test('a call that is misused says how it is used', async () => {
  const { status, output } = await bounce('', ['--help']);
  expect(status).toBe(64);
  expect(output).toContain('npm run --silent bounce');
});
