import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { DataSource } from 'typeorm';
import { mailboxRouter } from '../../src/edge/http/mailbox.js';
import { outboxTask } from '../../src/edge/jobs/outbox-task.js';
import {
  migrateOutbox,
  startOutboxWorker,
  type OutboxWorker,
} from '../../src/edge/jobs/outbox-worker.js';
import { DEFAULT_INVITATION } from '../../src/features/notifications/invitation-text.service.js';
import {
  MailDeliveryService,
  type MailComposer,
} from '../../src/features/notifications/mail-delivery.service.js';
import {
  invitationMail,
  signInCodeMail,
} from '../../src/features/notifications/mail-template.service.js';
import { sendMailJob } from '../../src/features/notifications/notification.jobs.js';
import { NotificationService } from '../../src/features/notifications/notification.service.js';
import type { RequestContext } from '../../src/kernel/actor.js';
import { createDataSource } from '../../src/platform/database.js';
import { EventHandlers } from '../../src/platform/event-handlers.js';
import { createLogger } from '../../src/platform/logger.js';
import { createMailer, MailError, type Mailer } from '../../src/platform/mailer.js';
import { createSmsSender } from '../../src/platform/sms.js';
import { poolOf, UnitOfWork, type ChangeScope } from '../../src/platform/scope.js';
import { createTestDatabase } from '../helpers/database.js';

const log = createLogger({ level: 'silent', file: null });
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
  ...DEFAULT_INVITATION,
};
const CONTEXT: RequestContext = {
  actor: { kind: 'system', name: 'test' },
  grants: {},
  requestId: 'test',
  address: '127.0.0.1',
  userAgent: null,
  now: new Date(0),
  setSessionCookie: () => undefined,
};

/** A mail server that refuses the first `refusals` mails. */
class TestMailServer {
  readonly received: { recipients: string[]; email: Email }[] = [];
  url = '';
  private readonly server: SMTPServer;

  constructor(private refusals = 0) {
    this.server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onData: (stream, session, done) => {
        void this.take(
          stream,
          session.envelope.rcptTo.map(({ address }) => address),
        ).then(() => {
          done();
        }, done);
      },
    });
  }

  async start(): Promise<void> {
    const listening = this.server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    this.url = `smtp://127.0.0.1:${String((listening.address() as AddressInfo).port)}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }

  private async take(stream: NodeJS.ReadableStream, recipients: string[]): Promise<void> {
    const raw = await text(stream);
    this.refusals -= 1;
    if (this.refusals >= 0)
      throw Object.assign(new Error('later, alva@example.org'), { responseCode: 451 });
    this.received.push({ recipients, email: await PostalMime.parse(raw) });
  }
}

function linkInQr(email: Email): string | undefined {
  const image = email.attachments.find(({ mimeType }) => mimeType === 'image/png');
  const png = PNG.sync.read(Buffer.from(image?.content as ArrayBuffer));
  return jsQR(new Uint8ClampedArray(png.data), png.width, png.height)?.data;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signet-mail-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('a mail from the outbox', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let source: DataSource;
  let worker: OutboxWorker | undefined;
  let mailer: Mailer;
  let server: TestMailServer;
  const told: string[] = [];
  const notifications = new NotificationService();

  beforeEach(async () => {
    database = await createTestDatabase();
    source = createDataSource(database.connection, { entities: [], migrations: [] });
    await source.initialize();
    await migrateOutbox(poolOf(source), log);
    told.length = 0;
  });

  afterEach(async () => {
    await worker?.stop();
    await mailer.close();
    await server.stop();
    await source.destroy();
    await database.drop();
  });

  async function deliverBy(mailServer: TestMailServer, compose: MailComposer): Promise<void> {
    server = mailServer;
    await server.start();
    mailer = createMailer({ smtpUrl: server.url, from: FROM, mailboxDir: folder });
    const nothing: MailComposer = () => Promise.resolve(null);
    const delivery = new MailDeliveryService(
      mailer,
      {
        SIGN_IN_CODE: nothing,
        PASSWORD_INVITATION: nothing,
        PASSWORD_RESET: nothing,
        PASSWORD_CHANGED: nothing,
        ENROLMENT_INVITATION: compose,
        ENROLMENT_COMPLETED: nothing,
        ENROLMENT_FAILED: nothing,
        MEMBER_REMOVED: nothing,
        MOBILE_ID_EXPIRES: nothing,
        MOBILE_ID_RENEWED: nothing,
        WEBHOOK_DISABLED: nothing,
      },
      {
        delivered: (template, id) => Promise.resolve(void told.push(`delivered ${template} ${id}`)),
        givenUp: (template, id) => Promise.resolve(void told.push(`givenUp ${template} ${id}`)),
      },
    );
    worker = await startOutboxWorker({
      pool: poolOf(source),
      log,
      tasks: [
        outboxTask(sendMailJob, {
          run: (order, jobId) => delivery.deliver(order, jobId),
          giveUp: (order) => delivery.giveUp(order),
        }),
      ],
    });
  }

  function notify(subjectId: string, then?: () => void): Promise<void> {
    return new UnitOfWork(source, new EventHandlers<ChangeScope>()).change(
      CONTEXT,
      async (scope) => {
        await notifications.notify(scope, 'ENROLMENT_INVITATION', subjectId);
        then?.();
      },
    );
  }

  async function jobs(): Promise<
    { payload: unknown; attempts: number; last_error: string | null }[]
  > {
    return (
      await poolOf(source).query<{ payload: unknown; attempts: number; last_error: string | null }>(
        'SELECT payload, attempts, last_error FROM graphile_worker._private_jobs',
      )
    ).rows;
  }

  test('arrives whole, with a QR code that says the link', async () => {
    await deliverBy(new TestMailServer(), () => invitationMail(INVITATION));
    await notify('e1');
    await until(() => told.length === 1);
    const [mail] = server.received;
    expect(mail?.recipients).toEqual(['alva@example.org']);
    expect(mail?.email).toMatchObject({
      subject: 'Your mobile ID for Staff',
      from: { name: 'Signet', address: 'signet@id.example.org' },
      to: [{ address: 'alva@example.org' }],
      messageId: expect.stringMatching(
        /^<signet\.enrolment-invitation\.e1\.\d+@id\.example\.org>$/,
      ) as string,
      text: expect.stringContaining(`Hello Alva Søgård,`) as string,
    });
    expect(mail?.email.text).toContain(LINK);
    expect(linkInQr(mail?.email ?? (undefined as never))).toBe(LINK);
    expect(told).toEqual(['delivered ENROLMENT_INVITATION e1']);
  });

  test('is not sent where the transaction failed that ordered it', async () => {
    await deliverBy(new TestMailServer(), () => invitationMail(INVITATION));
    const failing = notify('rolled-back', () => {
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await notify('kept');
    await until(() => told.length > 0);
    expect(told).toEqual(['delivered ENROLMENT_INVITATION kept']);
    expect(server.received).toHaveLength(1);
  });

  test('is tried again where the mail server refuses it, and the row keeps no word of it', async () => {
    await deliverBy(new TestMailServer(1), () => invitationMail(INVITATION));
    await notify('e1');
    await until(async () => typeof (await jobs())[0]?.last_error === 'string');
    expect(await jobs()).toEqual([
      {
        payload: { template: 'ENROLMENT_INVITATION', subjectId: 'e1' },
        attempts: 1,
        last_error: expect.stringMatching(/^MailError: see the log at job \d+\.$/) as string,
      },
    ]);
    await poolOf(source).query(
      'SELECT graphile_worker.reschedule_jobs(ARRAY[id], run_at := now()) FROM graphile_worker.jobs',
    );
    await until(() => told.length > 0);
    expect(server.received).toHaveLength(1);
    expect(told).toEqual(['delivered ENROLMENT_INVITATION e1']);
  });

  test('is given up where there is nothing to say any more', async () => {
    await deliverBy(new TestMailServer(), () => Promise.resolve(null));
    await notify('e1');
    await until(async () => (await jobs()).length === 0);
    expect([server.received, told]).toEqual([[], ['givenUp ENROLMENT_INVITATION e1']]);
  });
});

describe('the mailer', () => {
  const MAIL = {
    to: 'a@example.org',
    subject: 'Hi',
    text: 'Hi',
    html: '<p>Hi</p>',
    messageId: 'm1',
  };

  test('tells what went wrong without a word of the mail or its address', async () => {
    const server = new TestMailServer(1);
    await server.start();
    const mailer = createMailer({ smtpUrl: server.url, from: FROM, mailboxDir: folder });
    const error: unknown = await mailer.send(MAIL).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MailError);
    expect((error as MailError).message).toBe(
      'The mail server did not take the mail (EMESSAGE 451).',
    );
    await mailer.close();
    await server.stop();
  });

  test('fails where nobody listens', async () => {
    const server = new TestMailServer();
    await server.start();
    await server.stop();
    const mailer = createMailer({ smtpUrl: server.url, from: FROM, mailboxDir: folder });
    await expect(mailer.send(MAIL)).rejects.toThrow(MailError);
    await mailer.close();
  });

  test('a comma in an address makes no second recipient', async () => {
    const server = new TestMailServer();
    await server.start();
    const mailer = createMailer({ smtpUrl: server.url, from: FROM, mailboxDir: folder });
    await mailer.send({ ...MAIL, to: 'a@example.org,b@example.org' }).catch(() => undefined);
    await mailer.send(MAIL);
    expect(server.received.flatMap(({ recipients }) => recipients)).toEqual(['a@example.org']);
    await mailer.close();
    await server.stop();
  });

  test('a mail as file can be read by its owner only, and its name tells the time alone', async () => {
    const box = join(folder, 'mailbox');
    const clock = { now: () => new Date('2026-11-21T18:30:00.123Z') };
    const mailer = createMailer({ smtpUrl: null, from: FROM, mailboxDir: box, clock });
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
    const mailer = createMailer({ smtpUrl: null, from: FROM, mailboxDir: box, clock });
    await mailer.send({
      ...signInCodeMail({
        to: 'alva@example.org',
        displayName: 'Alva',
        code: CODE,
        validSeconds: 600,
      }),
      messageId: 'm1',
    });
    await mailer.send({
      ...(await invitationMail({ ...INVITATION, subject: '<b>Welcome</b>' })),
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
    const sms = createSmsSender({ gateway: null, mailboxDir: box, clock });
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
