import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnrolmentId } from '../../src/kernel/ids';
import type { EnrolmentStatus } from '../../src/features/enrolment/enrolment-status';
import { gatherCast, order, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { WebhookReceiver } from '../helpers/receivers/webhook-receiver';
import { WebhookAdmin, type TestEndpoint } from '../helpers/webhooks';

/** In which the server looks for events twice. */
const LOOKS_MS = 1100;

let server: TestServer;
let cast: Cast;
let admin: WebhookAdmin;
let projectId: string;
let receiver: WebhookReceiver;
let endpoint: TestEndpoint;
const held: End[] = [];

beforeAll(async () => {
  server = await startTestServer({ environment: { WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1' } });
  cast = await gatherCast(server);
  admin = new WebhookAdmin(server, cast.admin);
});
beforeEach(async () => {
  projectId = await createProject(server, cast.admin, newName('project'));
  receiver = await new WebhookReceiver().start();
  endpoint = await admin.create(projectId, receiver);
});
afterEach(async () => {
  for (const end of held.splice(0)) await end('undo'); // those that are over already stay as they are
  await admin.delete(endpoint.id);
  await receiver.stop();
});
afterAll(() => server.stop());

async function newOrder(): Promise<string> {
  const person = await createPerson(server, cast.admin, newName('user'));
  return (await order(server, await sessionOf(server, person.id), { projectId })).id;
}

type End = (how: 'commit' | 'undo') => Promise<void>;

/** A step that is written, its transaction still open. @returns what ends it */
async function heldStep(id: string, to: EnrolmentStatus): Promise<End> {
  const { work, log } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  let end: (how: 'commit' | 'undo') => void = () => undefined;
  const ended = new Promise<'commit' | 'undo'>((resolve) => (end = resolve));
  let change: Promise<void> = Promise.resolve();
  await new Promise<void>((written) => {
    change = work.change(request, async (scope) => {
      await log.move(scope, id as EnrolmentId, to);
      written();
      if ((await ended) === 'undo') throw new Error('undone');
    });
    change.catch(() => undefined);
  });
  const finish: End = async (how) => {
    end(how);
    await change.catch((error: unknown) => {
      if (how === 'commit') throw error;
    });
  };
  held.push(finish);
  return finish;
}

const rowsOf = (): Promise<{ event_id: string }[]> =>
  server.database.query(
    'SELECT event_id FROM webhook_delivery WHERE endpoint_id = $1 ORDER BY sequence',
    [endpoint.id],
  );

test('where a later transaction commits first, both events are told, once each, in the order of the log', async () => {
  const [first, second] = [await newOrder(), await newOrder()];
  await receiver.until(2);
  const early = await heldStep(first, 'CANCELLED');
  const late = await heldStep(second, 'CANCELLED');
  await late('commit');
  await sleep(LOOKS_MS);
  expect(await rowsOf()).toHaveLength(2);
  await early('commit');
  await receiver.until(4);
  expect(receiver.received.slice(2).map(({ type }) => type)).toEqual([
    'enrolment.cancelled',
    'enrolment.cancelled',
  ]);
  expect(new Set(receiver.received.slice(2).map(({ data }) => data.enrolmentId))).toEqual(
    new Set([first, second]),
  );
  const rows = await rowsOf();
  const idOf = (enrolment: string): string | undefined =>
    receiver.received.slice(2).find(({ data }) => data.enrolmentId === enrolment)?.id;
  expect(rows.slice(2).map(({ event_id: id }) => id)).toEqual([idOf(first), idOf(second)]);
});

test('what is undone is never told, and what waited for it is', async () => {
  const [first, second] = [await newOrder(), await newOrder()];
  await receiver.until(2);
  const undone = await heldStep(first, 'CANCELLED');
  const late = await heldStep(second, 'CANCELLED');
  await late('commit');
  await undone('undo');
  await receiver.until(3);
  expect(receiver.received[2]?.data.enrolmentId).toBe(second);
  await newOrder();
  await receiver.until(4);
  expect(await rowsOf()).toHaveLength(4);
});

test('what commits while an endpoint is being made is told, although its transaction is older', async () => {
  const id = await newOrder();
  await receiver.until(1);
  const early = await heldStep(id, 'CANCELLED');
  const other = await new WebhookReceiver().start();
  const younger = await admin.create(projectId, other);
  await early('commit');
  const [message] = await other.until(1);
  expect(message?.data).toMatchObject({ enrolmentId: id, status: 'CANCELLED' });
  await admin.delete(younger.id);
  await other.stop();
});

test('after a restore into another cluster, whose numbers begin anew, nothing is lost and nothing told twice', async () => {
  const before = await newOrder();
  await receiver.until(1);
  await server.database.query(`UPDATE log_epoch SET history = history || ' before'`);
  await server.database.query(
    `UPDATE enrolment_event SET xid = xid + 1000000000 WHERE project_id = $1`,
    [projectId],
  );
  await server.database.query(
    `UPDATE webhook_position SET xid = xid + 1000000000 WHERE endpoint_id = $1 AND log = 'enrolment'`,
    [endpoint.id],
  );
  const after = await newOrder();
  await receiver.until(2);
  expect(receiver.received.map(({ data }) => data.enrolmentId)).toEqual([before, after]);
  const last = await newOrder();
  await receiver.until(3);
  expect(receiver.received[2]?.data.enrolmentId).toBe(last);
  await admin.replay(endpoint.id, { after: receiver.ids[1] });
  await receiver.until(4);
  expect(receiver.ids[3]).toBe(receiver.ids[2]);
});

test('a log that comes with a later version is told from then on to endpoints that were there before', async () => {
  await newOrder();
  await receiver.until(1);
  await server.database.query(
    `DELETE FROM webhook_position WHERE endpoint_id = $1 AND log = 'profile'`,
    [endpoint.id],
  );
  await newOrder();
  await receiver.until(2);
  const rows = await eventually(async () => {
    const found = await server.database.query(
      'SELECT log FROM webhook_position WHERE endpoint_id = $1 ORDER BY log',
      [endpoint.id],
    );
    return found.length === 3 ? found : undefined;
  });
  expect(rows).toEqual([{ log: 'assigned-id' }, { log: 'enrolment' }, { log: 'profile' }]);
});
