import { randomUUID } from 'node:crypto';
import { endOf, recordsIn, startBatch } from '../helpers/batches';
import { gatherCast, type Cast } from '../helpers/cast';
import { hurry } from '../helpers/messages';
import { newName, phoneAt } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { noteSecret } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { TestSmsGateway } from '../helpers/receivers/sms-gateway';

let gateway: TestSmsGateway;
let server: TestServer;
let cast: Cast;
let projectId: string;
beforeAll(async () => {
  gateway = await new TestSmsGateway().start();
  server = await startTestServer({ environment: { SMS_URL: `http://${gateway.host}/` } });
  cast = await gatherCast(server);
});
beforeEach(async () => {
  gateway.calls.length = 0;
  gateway.answers = [];
  projectId = await createProject(server, cast.admin, newName('project'), { channels: ['SMS'] });
});
afterAll(async () => {
  await server.stop();
  await gateway.stop();
});

let phones = 0;
async function someone(): Promise<{ readonly id: string; readonly number: string }> {
  phones += 1;
  const number = `+4178${String(7_000_000 + phones)}`;
  const { id } = await createPerson(server, cast.admin, newName('user'));
  await server.database.query('UPDATE app_user SET phone = $2 WHERE id = $1', [id, number]);
  return { id, number };
}

const textsTo = (number: string): string[] =>
  gateway.calls.filter(({ body }) => body.to === number).map(({ body }) => body.text);

async function codeTo(number: string): Promise<string> {
  const text = await eventually(() => Promise.resolve(textsTo(number)[0]));
  const code = /\/i#([\w-]{22})/.exec(text)?.[1] ?? '';
  noteSecret(code);
  expect(text).toContain(`${server.url}/i#${code}`);
  return code;
}

function deliveries(): Promise<{ status: string; delivery: string }[]> {
  return server.database.query(
    'SELECT status, delivery FROM enrolment WHERE project_id = $1 ORDER BY id',
    [projectId],
  );
}

function file(id: string, format: 'csv' | 'pdf'): Promise<Response> {
  return fetch(`${server.url}/batches/${id}.${format}`, {
    headers: { authorization: `Bearer ${cast.operator.token}` },
  });
}

test('each user of a batch by SMS gets a text of his own, whose code leads his phone to a mobile ID', async () => {
  const people = await Promise.all([someone(), someone(), someone()]);
  const input = { userIds: people.map(({ id }) => id), channel: 'SMS' };
  const { id } = await startBatch(server, cast.operator.token, projectId, input);
  expect(await endOf(server, cast.admin, id)).toMatchObject({ ordered: 3, failed: 0 });
  const codes = await Promise.all(people.map(({ number }) => codeTo(number)));
  expect(new Set(codes).size).toBe(3);
  const phone = phoneAt(server.url, server.url);
  await phone.claim({ id: '', watchToken: '', publicUrl: server.url, code: codes[0] ?? '' });
  expect((await phone.complete()).profile.state).toBe('ACTIVE');
  expect(people.map(({ number }) => textsTo(number).length)).toEqual([1, 1, 1]);
});

test('who has no number is a line of the result, and holds up nobody', async () => {
  const { id: without } = await createPerson(server, cast.admin, newName('user'));
  const reached = await someone();
  const stranger = randomUUID();
  const { id } = await startBatch(server, cast.operator.token, projectId, {
    userIds: [without, stranger, reached.id],
  });
  expect(await endOf(server, cast.admin, id)).toMatchObject({
    ...{ ordered: 1, failed: 2 },
    failures: [
      { userId: without, failure: { code: 'CHANNEL_NOT_AVAILABLE' } },
      { userId: stranger, failure: { code: 'NOT_FOUND' } },
    ],
  });
  await codeTo(reached.number);
});

test('its table holds no codes, and there are no sheets', async () => {
  const { id: userId, number } = await someone();
  const { id } = await startBatch(server, cast.operator.token, projectId, { userIds: [userId] });
  await endOf(server, cast.admin, id);
  const code = await codeTo(number);
  const csv = await (await file(id, 'csv')).text();
  expect(recordsIn(csv)).toHaveLength(2);
  expect(csv).not.toContain(code);
  expect(csv).not.toContain('#');
  expect(await (await file(id, 'pdf')).json()).toMatchObject({ code: 'CHANNEL_NOT_AVAILABLE' });
});

test('a gateway that is away for a while loses no text and doubles none', async () => {
  gateway.answers = ['HANG UP', 503];
  const people = await Promise.all([someone(), someone(), someone(), someone()]);
  const { id } = await startBatch(server, cast.operator.token, projectId, {
    userIds: people.map((person) => person.id),
  });
  await endOf(server, cast.admin, id);
  await eventually(async () => {
    await hurry(server.database);
    const all = await deliveries();
    return all.every(({ delivery }) => delivery === 'SENT') ? true : undefined;
  });
  expect(await deliveries()).toEqual(
    people.map(() => ({ status: 'WAITING_FOR_SCAN', delivery: 'SENT' })),
  );
  for (const { number } of people) await codeTo(number);
  const keys = new Map(
    gateway.calls.map(({ body, headers }) => [headers['idempotency-key'], body.to]),
  );
  expect([...keys.values()].sort()).toEqual(people.map(({ number }) => number).sort());
});
