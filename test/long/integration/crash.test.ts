import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { SMTPServer } from 'smtp-server';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { crashDuringActivation, ONE_PROFILE, summaryOf } from '../../helpers/processes/crash';
import { activate, newName, orderFor, phoneAt, requestsFor, setStage } from '../../helpers/orders';
import { createPerson } from '../../helpers/people';
import { Site } from '../../helpers/processes/process';
import { eventually } from '../../helpers/server';

const DELAYS_MS = [0, 5, 10, 15, 22, 30];
const sites: Site[] = [];
const databases: TestDatabase[] = [];

afterAll(async () => {
  for (const site of sites) await site.remove();
  for (const database of databases) await database.drop();
});

async function databaseOfItsOwn(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  return database;
}

async function startSite(options: Parameters<typeof Site.start>[0] = {}): Promise<Site> {
  const site = await Site.prepare(options);
  sites.push(site);
  await site.start();
  return site;
}

describe('kill -9 between an activation and its answer ends in one profile', () => {
  test('on the embedded database', async () => {
    const site = await startSite();
    const stage = await setStage(site);
    for (const delayMs of DELAYS_MS) {
      const outcome = await crashDuringActivation(site, stage, delayMs);
      expect(summaryOf(outcome)).toEqual(ONE_PROFILE);
    }
  });

  test('on a database of its own', async () => {
    const site = await startSite({ database: await databaseOfItsOwn() });
    const stage = await setStage(site);
    for (const delayMs of DELAYS_MS) {
      const outcome = await crashDuringActivation(site, stage, delayMs);
      expect(summaryOf(outcome)).toEqual(ONE_PROFILE);
    }
  });
});

describe('kill -9 at a chosen point', () => {
  let database: TestDatabase;
  let site: Site;
  beforeAll(async () => {
    database = await databaseOfItsOwn();
    site = await startSite({ database });
  });

  async function statusOf(id: string): Promise<string | undefined> {
    const [row] = await database.query<{ status: string }>(
      'SELECT status FROM enrolment WHERE id = $1',
      [id],
    );
    return row?.status;
  }
  const reaches = (id: string, status: string): Promise<true> =>
    eventually(async () => ((await statusOf(id)) === status ? true : undefined));

  test('between the two transactions of an activation leaves ISSUING, taken up by the same requests only', async () => {
    const stage = await setStage(site);
    const order = await orderFor(site, stage);
    const task = await phoneAt(site.url, order.publicUrl).claim(order);
    const requests = await requestsFor(task);
    const holder = new Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN; SELECT id FROM app_user FOR UPDATE'); // the second transaction waits here
    const lost = activate(site, task, requests).catch(() => 'lost');
    await reaches(order.id, 'ISSUING');
    await site.process.kill();
    expect(await lost).toBe('lost');
    await holder.end();
    await site.start();
    expect(await statusOf(order.id)).toBe('ISSUING');
    await expect(activate(site, task, await requestsFor(task))).rejects.toThrow('CONFLICT');
    const issued = await activate(site, task, requests);
    expect(issued.certificates).toHaveLength(2);
    expect(await activate(site, task, requests)).toEqual(issued);
  });

  test('after the commit and before the answer was read changes nothing', async () => {
    const stage = await setStage(site);
    const order = await orderFor(site, stage);
    const task = await phoneAt(site.url, order.publicUrl).claim(order);
    const requests = await requestsFor(task);
    const unread = activate(site, task, requests).catch(() => undefined);
    await reaches(order.id, 'ACTIVE');
    await site.process.kill();
    await unread;
    const stored = await database.query(
      `SELECT c.id FROM certificate c JOIN enrolment e ON e.profile_id = c.profile_id WHERE e.id = $1`,
      [order.id],
    );
    await site.start();
    const issued = await activate(site, task, requests);
    expect(issued.certificates).toHaveLength(stored.length);
    expect(await activate(site, task, requests)).toEqual(issued);
  });

  test('between a claim and its answer leaves the code to the phone that repeats it', async () => {
    const stage = await setStage(site);
    for (const delayMs of DELAYS_MS) {
      const order = await orderFor(site, stage);
      let isBack: () => void = () => undefined;
      const back = new Promise<void>((resolve) => (isBack = resolve));
      const phone = phoneAt(site.url, order.publicUrl, () => back);
      const claimed = phone.claim(order);
      await sleep(delayMs);
      await site.process.kill();
      await site.start();
      isBack();
      const task = await claimed;
      expect(await phone.claim(order)).toEqual(task);
      const stranger = phoneAt(site.url, order.publicUrl);
      await expect(stranger.claim(order)).rejects.toMatchObject({ code: 'ENROLMENT_TAKEN' });
      expect((await phone.complete()).profile.state).toBe('ACTIVE');
    }
  });

  test('between commit and sending delays a mail and does not lose it', async () => {
    const stage = await setStage(site, { channels: ['EMAIL'] });
    const person = await createPerson(site, stage.admin, newName('user'));
    await site.process.terminate();
    const mails = new HoldingMailServer();
    const withMail = await startSite({ database, environment: { SMTP_URL: await mails.start() } });
    const { data, errors } = await withMail.graphql(
      `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
         startEnrolmentForUser(userId: $userId, input: $input) { enrolment { id status } } }`,
      { userId: person.id, input: { projectId: stage.projectId } },
      { token: stage.admin },
    );
    expect(errors).toEqual([]);
    const { id } = data.startEnrolmentForUser.enrolment;
    await mails.held;
    await withMail.process.kill();
    expect(await statusOf(id as string)).toBe('DELIVERING');
    mails.release();
    await withMail.start();
    await reaches(id as string, 'WAITING_FOR_SCAN');
    expect(mails.recipients).toEqual([person.email]);
    await withMail.process.terminate();
    await mails.stop();
  });
});

/** A mail server that keeps its first visitors waiting until it is released. */
class HoldingMailServer {
  readonly recipients: string[] = [];
  readonly held: Promise<void>;
  private isHolding = true;
  private onHeld: () => void = () => undefined;
  private readonly server: SMTPServer;

  constructor() {
    this.held = new Promise((resolve) => (this.onHeld = resolve));
    this.server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onConnect: (_session, done) => {
        if (this.isHolding) this.onHeld();
        else done();
      },
      onData: (stream, { envelope }, done) => {
        stream.resume().on('end', () => {
          this.recipients.push(...envelope.rcptTo.map(({ address }) => address));
          done();
        });
      },
    });
    this.server.on('error', () => undefined); // killed clients
  }

  async start(): Promise<string> {
    const listening = this.server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    return `smtp://127.0.0.1:${String((listening.address() as AddressInfo).port)}`;
  }

  release(): void {
    this.isHolding = false;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }
}
