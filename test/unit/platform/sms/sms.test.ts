import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listMails, readMail } from '../../../../src/platform/delivery/mailbox.js';
import { SmsError } from '../../../../src/platform/sms/sms-gateway.js';
import { createSmsSender } from '../../../../src/platform/sms/sms.js';
import { TestSmsGateway } from '../../../helpers/receivers/sms-gateway.js';

const MESSAGE = { to: '+41441234567', text: '012345 is your code', messageId: 'm1' };
const SECRET = 'Bearer very-secret';

let folder: string;
let gateway: TestSmsGateway;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signet-sms-'));
  gateway = await new TestSmsGateway().start();
});
afterEach(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true });
});

const failureOf = (url: string): Promise<unknown> =>
  createSmsSender({
    routes: [{ kind: 'HTTP', url, authorization: SECRET }],
    mailboxDir: folder,
  })
    .send(MESSAGE)
    .then(
      () => undefined,
      (error: unknown) => error,
    );

test('a gateway that answers any 2xx has taken the message', async () => {
  gateway.answers = [200, 201, 204];
  for (let i = 0; i < 3; i += 1) {
    expect(await failureOf(`http://${gateway.host}/`)).toBeUndefined();
  }
});

test.each([
  [400, '(400)'],
  [401, '(401)'],
  [429, '(429)'],
  [503, '(503)'],
  ['HANG UP' as const, '(UND_ERR_SOCKET)'],
  [{ redirectTo: 'http://127.0.0.1:1/' }, 'cannot be reached'],
])(
  'what the gateway said with %j is told, and no word of message or secret',
  async (answer, said) => {
    gateway.answers = [answer];
    const failure = await failureOf(`http://${gateway.host}/path?key=hidden`);
    expect(failure).toBeInstanceOf(SmsError);
    const { message, stack, cause } = failure as SmsError;
    expect(message).toContain(said);
    expect(cause).toBeUndefined();
    for (const secret of ['4412345', '012345', 'very-secret', 'hidden']) {
      expect(`${message} ${stack ?? ''}`).not.toContain(secret);
    }
  },
);

test('a gateway that is not there is told by its error', async () => {
  const { host } = gateway;
  await gateway.stop();
  expect(((await failureOf(`http://${host}/`)) as SmsError).message).toContain('(ECONNREFUSED)');
  gateway = await new TestSmsGateway().start();
});

test('without a gateway a message becomes a file, which the mailbox shows as it was', async () => {
  const clock = { now: () => new Date('2026-11-21T18:30:01Z') };
  await createSmsSender({ routes: [], mailboxDir: folder, clock }).send(MESSAGE);
  const [file = ''] = await readdir(folder);
  expect(file).toMatch(/^20261121T183001000Z-[0-9a-f]{12}\.sms$/);
  expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(join(folder, file), 'utf8'))).toEqual({
    to: MESSAGE.to,
    text: MESSAGE.text,
  });
  const shown = {
    kind: 'SMS',
    to: MESSAGE.to,
    subject: 'Text message',
    text: MESSAGE.text,
    at: clock.now(),
  };
  expect(await listMails(folder, 10)).toEqual([expect.objectContaining(shown)]);
  expect(await readMail(folder, file.replace('.sms', ''))).toMatchObject(shown);
  expect(await readMail(folder, file)).toBeNull();
});

test('a gateway that is still at work on a message is waited for, and no other sends it meanwhile', async () => {
  const other = await new TestSmsGateway().start();
  const routes = [gateway, other].map(({ host }) => ({
    ...{ kind: 'HTTP' as const, url: `http://${host}/`, authorization: null },
  }));
  const sender = createSmsSender({ routes, mailboxDir: folder });
  gateway.answers = [409];
  await expect(sender.send(MESSAGE)).rejects.toMatchObject({ kind: 'TEMPORARY' });
  await sender.send(MESSAGE);
  expect([gateway.calls.length, other.calls.length]).toEqual([2, 0]);
  const keys = gateway.calls.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(1);
  await other.stop();
});
