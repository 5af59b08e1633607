import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { BounceAddresses } from '../../../src/features/notifications/bounces/bounce-addresses.js';
import { readDeliveryReport } from '../../../src/features/notifications/bounces/delivery-report.js';
import type { MessageId } from '../../../src/features/notifications/messages/message.js';
import { KeyRing } from '../../../src/kernel/secrets.js';

const keys = new KeyRing(Buffer.alloc(32, 7));
const addresses = new BounceAddresses('bounces@mail.example.org', keys);

const returned = fc.record({
  id: fc.uuid().map((id) => id as MessageId),
  dispatch: fc.integer({ min: 1, max: 65_535 }),
});

test('a return path tells which message it was, in whatever case it comes back', () => {
  fc.assert(
    fc.property(returned, (sent) => {
      const address = addresses.of(sent);
      expect(address).toMatch(/^bounces\+[0-9a-v]{45}@mail\.example\.org$/);
      expect(address.split('@')[0]?.length).toBeLessThanOrEqual(64);
      expect(addresses.read(address)).toEqual(sent);
      expect(addresses.read(`<${address.toUpperCase()}>`)).toEqual(sent);
    }),
  );
});

test('no return path can be made up: with any other letter it is none', () => {
  const address = addresses.of({ id: randomUUID() as MessageId, dispatch: 1 });
  const start = 'bounces+'.length;
  for (let i = start; i < start + 45; i += 1) {
    const other = address[i] === '0' ? '1' : '0';
    expect(addresses.read(`${address.slice(0, i)}${other}${address.slice(i + 1)}`)).toBeUndefined();
  }
  const stranger = new BounceAddresses('bounces@mail.example.org', new KeyRing(Buffer.alloc(32)));
  expect(stranger.read(address)).toBeUndefined();
});

test.each(['', 'bounces@mail.example.org', 'bounces+x@mail.example.org', `b+${'v'.repeat(45)}@x`])(
  'the address %j is no return path',
  (address) => {
    expect(addresses.read(address)).toBeUndefined();
  },
);

const report = (fields: string, type = 'message/delivery-status'): Buffer =>
  Buffer.from(
    [
      'From: MAILER-DAEMON@mail.example.org',
      'To: <bounces+token@mail.example.org>',
      'Subject: Undelivered Mail Returned to Sender',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'Action: failed',
      'Status: 5.1.1',
      '',
      '--b',
      `Content-Type: ${type}`,
      '',
      'Reporting-MTA: dns; mail.example.org',
      '',
      fields,
      '',
      '--b--',
      '',
    ].join('\r\n'),
  );

test('a report of a failure for good tells its status, and where it was sent to', async () => {
  const raw = report(
    'Final-Recipient: rfc822; alva@example.org\r\nAction: failed\r\nStatus: 5.1.1 (no such\r\n mailbox)\r\nDiagnostic-Code: smtp; 550 5.1.1 no',
  );
  expect(await readDeliveryReport(raw)).toEqual({
    recipients: ['<bounces+token@mail.example.org>'],
    failure: '5.1.1',
  });
});

test.each([
  ['a delay', 'Action: delayed\r\nStatus: 4.4.1'],
  ['a failure for now', 'Action: failed\r\nStatus: 4.2.2'],
  ['a delivery', 'Action: delivered\r\nStatus: 2.1.5'],
  ['a status that is none', 'Action: failed\r\nStatus: 5.x'],
  ['fields of two groups', 'Action: failed\r\n\r\nStatus: 5.1.1'],
])('%s is no failure for good', async (_what, fields) => {
  expect((await readDeliveryReport(report(fields))).failure).toBeNull();
});

test('what a person has written is no report, whatever it says', async () => {
  const fields = 'Action: failed\r\nStatus: 5.1.1';
  expect((await readDeliveryReport(report(fields, 'text/plain'))).failure).toBeNull();
  const mail = Buffer.from(`To: bounces+token@x\r\nSubject: Out of office\r\n\r\n${fields}\r\n`);
  expect((await readDeliveryReport(mail)).failure).toBeNull();
  expect((await readDeliveryReport(Buffer.alloc(0))).failure).toBeNull();
});

test.each([
  ['nests parts too deep', 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n'.repeat(400)],
  ['has headers without end', `${'A'.repeat(3 * 1024 * 1024)}: b\r\n\r\n`],
])('a mail that %s tells of no failure, and is no error', async (_what, raw) => {
  expect(await readDeliveryReport(Buffer.from(raw))).toEqual({ recipients: [], failure: null });
});
