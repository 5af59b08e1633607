import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import express from 'express';
import { mailboxRouter } from '../../src/edge/http/mailbox/mailbox.js';
import { DEFAULT_TEXTS } from '../../src/features/notifications/invitation-text.service.js';
import {
  invitationMail,
  signInCodeMail,
} from '../../src/features/notifications/mail-template.service.js';
import {
  createMailer,
  MailError,
  type Mailer,
  type MailerOptions,
} from '../../src/platform/mail/mailer.js';
import { parseSmtpServer } from '../../src/platform/mail/smtp-server.js';
import { createSmsSender } from '../../src/platform/sms/sms.js';
import { TestMailServer, type Mood } from '../helpers/receivers/mail-server';

const FROM = 'Signet <signet@id.example.org>';
const LINK = 'https://id.example.org/m#AbCdEfGhIjKlMnOpQrStUv';
const CODE = '012345';
const INVITATION = {
  to: 'alva@example.org',
  displayName: 'Alva Søgård',
  projectName: 'Staff',
  serverName: 'Example ID',
  link: LINK,
  expiresAt: new Date('2026-11-28T18:30:00Z'),
  scanned: LINK,
  language: 'EN' as const,
  ...DEFAULT_TEXTS.EN,
};
const MAIL = {
  to: 'a@example.org',
  subject: 'Hi',
  text: 'Hi',
  html: '<p>Hi</p>',
  messageId: 'm1',
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signet-mail-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('the mailer', () => {
  let server: TestMailServer;
  let mailer: Mailer;
  const begin = (options: Partial<MailerOptions> = {}): void => {
    mailer = createMailer({
      ...{ smtp: parseSmtpServer(server.url), from: FROM, mailboxDir: folder, timeoutSeconds: 1 },
      ...options,
    });
  };
  beforeEach(async () => {
    server = await new TestMailServer().start();
  });
  afterEach(async () => {
    await mailer.close();
    await server.stop();
  });

  test.each<[Mood, kind: string, message: string]>([
    ['DEFERS', 'TEMPORARY', 'The mail server did not take the mail (EENVELOPE 451 4.7.1).'],
    ['REFUSES', 'REFUSED', 'The mail server refuses the address (EENVELOPE 550 5.1.1).'],
    ['SHUTS OUT', 'UNREACHABLE', 'The mail server did not take the mail (EPROTOCOL 554).'],
    ['HANGS', 'UNREACHABLE', 'The mail server did not take the mail (ETIMEDOUT).'],
  ])(
    'tells what a server says that %s, without a word of the mail or its address',
    async (mood, kind, message) => {
      begin();
      server.mood = mood;
      const error: unknown = await mailer.send(MAIL).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(MailError);
      expect(error).toMatchObject({ kind, message });
      server.mood = 'WELL';
      await mailer.send(MAIL);
      expect(server.received).toHaveLength(1);
    },
  );

  test('sends nothing to a server that cannot go over to TLS where that is required', async () => {
    begin({ smtp: { ...parseSmtpServer(server.url), requireTLS: true } });
    await expect(mailer.send(MAIL)).rejects.toMatchObject({ kind: 'UNREACHABLE' });
    expect(server.received).toEqual([]);
  });

  test('keeps its connection for the next mail', async () => {
    begin();
    for (let i = 0; i < 5; i += 1) await mailer.send(MAIL);
    expect([server.received.length, server.connections]).toEqual([5, 1]);
  });

  test('fails where nobody listens', async () => {
    begin({ smtp: { ...parseSmtpServer(server.url), port: 1 } });
    await expect(mailer.send(MAIL)).rejects.toThrow(MailError);
  });

  test('a comma in an address makes no second recipient', async () => {
    begin();
    await mailer.send({ ...MAIL, to: 'a@example.org,b@example.org' }).catch(() => undefined);
    await mailer.send(MAIL);
    expect(server.received.flatMap(({ recipients }) => recipients)).toEqual(['a@example.org']);
  });

  test.each([
    'Hi\r\nBcc: eve@example.org',
    'Hi\nBcc: eve@example.org',
    'Hi\r\n\r\nBcc: eve@example.org',
  ])('a line end in a subject makes no second header (%j)', async (subject) => {
    begin();
    await mailer.send({ ...MAIL, subject });
    const [mail] = server.received;
    expect(mail?.recipients).toEqual(['a@example.org']);
    expect(mail?.email.bcc).toBeUndefined();
    expect(mail?.email.subject).toContain('Bcc: eve@example.org');
  });
});

describe('mails as files', () => {
  test('a mail as file can be read by its owner only, and its name tells the time alone', async () => {
    const box = join(folder, 'mailbox');
    const clock = { now: () => new Date('2026-11-21T18:30:00.123Z') };
    const mailer = createMailer({ smtp: null, from: FROM, mailboxDir: box, clock });
    await mailer.send(MAIL);
    const [name = '', ...others] = await readdir(box);
    expect(others).toEqual([]);
    expect(name).toMatch(/^20261121T183000123Z-[0-9a-f]{12}\.eml$/);
    expect((await stat(box)).mode & 0o777).toBe(0o700);
    expect((await stat(join(box, name))).mode & 0o777).toBe(0o600);
  });
});

describe('the mailbox page', () => {
  let server: Server;
  let box: string;
  /** Stands in for the address of the caller. */
  let peer: string | undefined;

  beforeEach(async () => {
    box = join(folder, 'mailbox');
    peer = undefined;
    const app = express();
    app.use((incoming, _response, next) => {
      if (peer !== undefined)
        Object.defineProperty(incoming.socket, 'remoteAddress', { value: peer });
      next();
    });
    server = createServer(app.use('/mailbox', mailboxRouter(box)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function get(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
    const { port } = server.address() as AddressInfo;
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      headers: { host: `localhost:${String(port)}`, ...headers },
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: await text(response),
    };
  }

  async function fill(): Promise<void> {
    let seconds = 0;
    const clock = { now: () => new Date(Date.UTC(2026, 10, 21, 18, 30, (seconds += 1))) };
    const mailer = createMailer({ smtp: null, from: FROM, mailboxDir: box, clock });
    await mailer.send({
      ...signInCodeMail({
        to: 'alva@example.org',
        displayName: 'Alva',
        language: 'EN',
        code: CODE,
        validSeconds: 600,
      }),
      messageId: 'm1',
    });
    await mailer.send({
      ...(await invitationMail({ ...INVITATION, emailSubject: '<b>Welcome</b>' })),
      messageId: 'm2',
    });
  }

  test('says so where there are no mails', async () => {
    expect(await get('/mailbox/messages.json')).toMatchObject({ status: 200, body: '[]' });
    expect((await get('/mailbox')).body).toContain('No mail yet.');
  });

  test('shows text messages among the mails, as plain text', async () => {
    await fill();
    const clock = { now: () => new Date('2026-11-21T18:31:00Z') };
    const sms = createSmsSender({ routes: [], mailboxDir: box, clock });
    await sms.send({ to: '+41441234567', text: '<i>012345</i>', messageId: 'm3' });
    const list = (await get('/mailbox')).body;
    const path = /href="(\/mailbox\/20261121T183100000Z-[0-9a-f]{12})"/.exec(list)?.[1] ?? '';
    expect(list).toContain('+41441234567');
    const shown = await get(path);
    expect(shown.status).toBe(200);
    expect(shown.body).toContain('<pre>&lt;i&gt;012345&lt;/i&gt;</pre>');
    expect(shown.body).not.toContain('<iframe');
  });

  test('lists mails for programs, newest first', async () => {
    await fill();
    const messages = JSON.parse((await get('/mailbox/messages.json')).body) as unknown[];
    expect(messages).toEqual([
      {
        to: 'alva@example.org',
        subject: '<b>Welcome</b>',
        at: '2026-11-21T18:30:02.000Z',
        text: expect.stringContaining(LINK) as string,
      },
      {
        to: 'alva@example.org',
        subject: 'Your Signet code',
        at: '2026-11-21T18:30:01.000Z',
        text: expect.stringContaining(CODE) as string,
      },
    ]);
  });

  test('shows a mail in a frame without script or origin, its QR code within', async () => {
    await fill();
    const list = await get('/mailbox');
    expect(list.body).toContain('&lt;b&gt;Welcome&lt;/b&gt;');
    expect(list.body).not.toContain('<b>Welcome');
    const [, path = ''] = /href="(\/mailbox\/[^"]+)"/.exec(list.body) ?? [];
    const { body, headers } = await get(path);
    expect(body).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox"');
    expect(body).toContain('src=&quot;data:image/png;base64,');
    expect(body).not.toMatch(/cid:|<script|allow-scripts|allow-same-origin/);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
    });
  });

  test.each([
    ['another name for this machine (DNS rebinding)', { host: 'rebound.example.org' }],
    ['a name that only begins like ours', { host: 'localhost.example.org' }],
    ['a proxy', { 'x-forwarded-for': '203.0.113.9' }],
    ['a proxy of RFC 7239', { forwarded: 'for=203.0.113.9' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
  ])('is refused by way of %s', async (_way, headers) => {
    await fill();
    for (const path of ['/mailbox', '/mailbox/messages.json']) {
      const { status, body } = await get(path, headers);
      expect(status).toBe(403);
      expect(body).not.toContain('Welcome');
    }
  });

  test('is refused to another machine, whatever name it calls', async () => {
    await fill();
    peer = '203.0.113.9';
    expect((await get('/mailbox')).status).toBe(403);
  });

  test.each(['20261121T183000123Z-000000000000', '..%2F..%2Fetc%2Fpasswd', 'secret', '%00'])(
    'knows no mail %s',
    async (id) => {
      await fill();
      await writeFile(join(folder, 'secret.eml'), 'Subject: secret');
      await writeFile(join(box, 'secret.eml'), 'Subject: secret');
      expect((await get(`/mailbox/${id}`)).status).toBe(404);
    },
  );
});
