import { randomUUID } from 'node:crypto';
import type { EnrolmentId, ProjectId } from '../../src/kernel/ids';
import { ENROLMENT_LOG } from '../../src/features/enrolment/enrolment-log.service';
import type { EnrolmentStep } from '../../src/features/enrolment/status/project-enrolments.service';
import type { EnrolmentStatus } from '../../src/features/enrolment/enrolment-status';
import { accessToken, createClient } from '../helpers/api-clients';
import { gatherCast, order, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { ProjectReader, settledEvents, type ReaderOptions } from '../helpers/project-reader';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
const readers: ProjectReader[] = [];

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});

afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.drop();
});

afterAll(() => server.stop());

const newProject = (): Promise<string> => createProject(server, cast.admin, newName('project'));

function follow(projectId: string, options: ReaderOptions = {}): ProjectReader {
  const reader = new ProjectReader(server.url, projectId, {
    token: cast.operator.token,
    ...options,
  });
  readers.push(reader);
  return reader;
}

/** An order by a new user, and so one step. */
async function newOrder(projectId: string): Promise<string> {
  const person = await createPerson(server, cast.admin, newName('user'));
  return (await order(server, await sessionOf(server, person.id), { projectId })).id;
}

interface HeldChange {
  commit(): Promise<void>;
  rollBack(): Promise<void>;
}

/** A step that is written, its transaction still open, on a connection of its own. */
async function heldStep(id: string, to: EnrolmentStatus): Promise<HeldChange> {
  const { work, log } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  let end: (error?: Error) => void = () => undefined;
  let written: () => void = () => undefined;
  const isWritten = new Promise<void>((resolve) => (written = resolve));
  const mayEnd = new Promise<void>((resolve, reject) => {
    end = (error) => {
      if (error === undefined) resolve();
      else reject(error);
    };
  });
  const change = work.change(request, async (scope) => {
    await log.move(scope, id as EnrolmentId, to);
    written();
    await mayEnd;
  });
  await isWritten;
  return {
    commit: () => {
      end();
      return change;
    },
    rollBack: async () => {
      end(new Error('undone'));
      await expect(change).rejects.toThrow('undone');
    },
  };
}

async function cancelNow(id: string): Promise<void> {
  await (await heldStep(id, 'CANCELLED')).commit();
}

/** The cursor of a step that has come. */
async function cursorNow(projectId: string): Promise<{ cursor: string; id: string }> {
  const { streams } = server.app.services;
  const steps = await streams.follow<EnrolmentStep>(ENROLMENT_LOG, projectId as ProjectId, null);
  const id = await newOrder(projectId);
  const { value } = await steps.next();
  await steps.return?.();
  return { cursor: value?.cursor ?? '', id };
}

describe('two transactions take numbers 1 and 2, and 2 commits first', () => {
  let projectId: string;
  let first: string;
  let second: string;
  let cursor: string;

  beforeEach(async () => {
    projectId = await newProject();
    [first, second] = [await newOrder(projectId), await newOrder(projectId)];
    ({ cursor } = await cursorNow(projectId));
  });

  test('who resumes in between receives both, once each, in their order', async () => {
    const early = await heldStep(first, 'CANCELLED');
    const present = follow(projectId, { after: cursor });
    const late = await heldStep(second, 'CANCELLED');
    await late.commit();
    const between = follow(projectId, { after: cursor });
    await between.drop();
    const again = follow(projectId, { after: cursor });
    const rows = await numbersOf(projectId);
    expect(rows).toHaveLength(4); // three orders, and the second cancellation
    await early.commit();
    for (const reader of [present, again]) {
      expect((await reader.until(2)).ids).toEqual([first, second]);
    }
    expect(between.ids).toEqual([]);
    const [one, two] = (await numbersOf(projectId)).slice(-2);
    expect([one?.id, two?.id]).toEqual([first, second]);
    await newOrder(projectId);
    for (const reader of [present, again]) expect((await reader.until(3)).steps).toHaveLength(3);
    expect(follow(projectId, { after: again.steps[0]?.cursor ?? '' }).steps).toEqual([]);
  });

  test('what 2 has written is hidden until 1 is over, and its own transaction is named', async () => {
    const { streams } = server.app.services;
    const after = await streams.positionOf(ENROLMENT_LOG, projectId as ProjectId, cursor);
    const read = () =>
      streams.read<EnrolmentStep>(ENROLMENT_LOG, projectId as ProjectId, { after });
    const early = await heldStep(first, 'CANCELLED');
    await cancelNow(second);
    const hidden = await read();
    expect(hidden.events).toEqual([]);
    expect(hidden.hidden).toMatch(/^\d+$/);
    await early.commit();
    const events = await settledEvents(server, projectId as ProjectId, after);
    expect(events.map(({ enrolmentId }) => enrolmentId)).toEqual([first, second]);
  });

  test('and 1 is undone: 2 comes alone, once', async () => {
    const early = await heldStep(first, 'CANCELLED');
    const reader = follow(projectId, { after: cursor });
    await cancelNow(second);
    await early.rollBack();
    expect((await reader.until(1)).ids).toEqual([second]);
    await cancelNow(first);
    expect((await reader.until(2)).ids).toEqual([second, first]);
  });

  test('who begins in between without a cursor gets 1, and not 2, which is past', async () => {
    const { streams } = server.app.services;
    const early = await heldStep(first, 'CANCELLED');
    await cancelNow(second);
    const steps = await streams.follow<EnrolmentStep>(ENROLMENT_LOG, projectId as ProjectId, null);
    await early.commit();
    const third = await newOrder(projectId);
    const seen = [await steps.next(), await steps.next()];
    await steps.return?.();
    expect(seen.map(({ value }) => value?.enrolmentId)).toEqual([first, third]);
  });

  test('a transaction that has nothing to do with the project holds it back as well, and is waited for', async () => {
    const elsewhere = await newOrder(await newProject());
    const { streams } = server.app.services;
    const place = [ENROLMENT_LOG, projectId as ProjectId] as const;
    const early = await heldStep(elsewhere, 'CANCELLED');
    await cancelNow(second);
    const steps = await streams.follow<EnrolmentStep>(...place, cursor);
    const next = steps.next();
    const after = await streams.positionOf(...place, cursor);
    for (let i = 0; i < 5; i += 1)
      expect((await streams.read(...place, { after })).events).toEqual([]);
    await early.rollBack(); // tells nobody
    expect((await next).value?.enrolmentId).toBe(second);
    await steps.return?.();
  });
});

async function numbersOf(projectId: string): Promise<{ id: string }[]> {
  return server.database.query<{ id: string }>(
    `SELECT enrolment_id AS id FROM enrolment_event WHERE project_id = $1 ORDER BY log_number`,
    [projectId],
  );
}

describe('a subscriber to a project', () => {
  test('hears of every step of every enrolment there, and of no other', async () => {
    const projectId = await newProject();
    const { cursor, id } = await cursorNow(projectId);
    const reader = follow(projectId, { after: cursor });
    await newOrder(cast.projectId);
    const ordered = await newOrder(projectId);
    await cancelNow(id);
    const { steps } = await reader.until(2);
    expect(steps.map(({ enrolment, status }) => [enrolment.id, status])).toEqual([
      [ordered, 'WAITING_FOR_SCAN'],
      [id, 'CANCELLED'],
    ]);
  });

  test('is refused what no cursor of this project is', async () => {
    const [projectId, other] = [await newProject(), await newProject()];
    const { cursor, id } = await cursorNow(projectId);
    const foreign = await cursorNow(other);
    const changed = `${cursor.slice(0, -4)}AAAA`;
    for (const after of [foreign.cursor, changed, '', '1', 'x'.repeat(4000), '\0']) {
      const reader = follow(projectId, { after });
      expect(await reader.ended).toEqual({ kind: 'error', code: 'INVALID_INPUT' });
    }
    const { data, errors } = await server.graphql(
      'query ($id: ID!) { enrolments(projectId: $id) { nodes { id events { cursor } } } }',
      { id: projectId },
      { token: cast.operator.token },
    );
    expect(errors).toEqual([]);
    const own = data.enrolments.nodes.find((node: { id: string }) => node.id === id);
    const reader = follow(projectId, { after: own.events[0].cursor });
    expect(await reader.ended).toEqual({ kind: 'error', code: 'INVALID_INPUT' });
  });

  test('reads pages where much has happened, and gets all of it in order', async () => {
    const projectId = await newProject();
    const { cursor } = await cursorNow(projectId);
    await server.database.query(
      `INSERT INTO enrolment_event (enrolment_id, project_id, number, status, at)
       SELECT enrolment_id, project_id, n, 'WAITING_FOR_SCAN', at FROM enrolment_event, generate_series(2, 251) n WHERE project_id = $1`,
      [projectId],
    );
    const reader = await follow(projectId, { after: cursor }).until(250);
    expect(new Set(reader.steps.map((step) => step.cursor)).size).toBe(250);
  });

  test.each(['alva', 'nobody'] as const)('is no %s', async (who) => {
    const projectId = await newProject();
    const token = who === 'alva' ? { token: cast.alva.token } : {};
    const reader = new ProjectReader(server.url, projectId, token);
    readers.push(reader);
    const code = who === 'alva' ? 'FORBIDDEN' : 'UNAUTHENTICATED';
    expect(await reader.ended).toEqual({ kind: 'error', code });
  });

  test('finds no project that is not there', async () => {
    for (const unknown of [randomUUID(), 'nonsense', '']) {
      expect(await follow(unknown).ended).toEqual({ kind: 'error', code: 'NOT_FOUND' });
    }
  });

  test('is no holder of a watch token, which opens one enrolment alone', async () => {
    const { watchToken } = await order(server, cast.alva.token, { projectId: cast.projectId });
    const reader = new ProjectReader(server.url, cast.projectId, { watchToken });
    readers.push(reader);
    expect(await reader.ended).toEqual({ kind: 'error', code: 'UNAUTHENTICATED' });
  });

  test('who loses his role hears no more', async () => {
    const projectId = await newProject();
    const person = await createPerson(server, cast.admin, newName('operator'), ['OPERATOR']);
    const { cursor, id } = await cursorNow(projectId);
    const reader = follow(projectId, { token: await sessionOf(server, person.id), after: cursor });
    await newOrder(projectId);
    await reader.until(1);
    await server.graphql(
      'mutation ($id: ID!) { setUserRoles(id: $id, roles: []) { id } }',
      { id: person.id },
      { token: cast.admin },
    );
    await cancelNow(id);
    expect(await reader.ended).toEqual({ kind: 'closed', code: 4403 });
    expect(reader.steps).toHaveLength(1);
  });

  test('sees no QR code that was made for another, and no secret', async () => {
    const projectId = await newProject();
    const { cursor } = await cursorNow(projectId);
    const ordered = await newOrder(projectId);
    const { data } = await server.graphql(
      'query ($id: ID!) { enrolments(projectId: $id) { nodes { id qr { uri } } } }',
      { id: projectId },
      { token: cast.operator.token },
    );
    expect(data.enrolments.nodes).toContainEqual({ id: ordered, qr: null });
    const { steps } = await follow(projectId, { after: cursor }).until(1);
    expect(JSON.stringify(steps)).not.toContain('#');
  });
});

describe('an API client', () => {
  const scopes = ['enrolment:read'];

  test('follows its projects, and no other exists for it', async () => {
    const [own, other] = [await newProject(), await newProject()];
    const client = await createClient(server, cast.admin, { scopes, projectIds: [own] });
    const token = await accessToken(server, client);
    const [here, there] = [await cursorNow(own), await cursorNow(other)];
    const reader = follow(own, { token, after: here.cursor });
    const ordered = await newOrder(own);
    expect((await reader.until(1)).ids).toEqual([ordered]);
    for (const after of [undefined, there.cursor, 'nonsense']) {
      const strange = follow(other, { token, ...(after === undefined ? {} : { after }) });
      expect(await strange.ended).toEqual({ kind: 'error', code: 'NOT_FOUND' });
    }
  });

  test('that loses the project hears no more of it', async () => {
    const [own, other] = [await newProject(), await newProject()];
    const client = await createClient(server, cast.admin, { scopes, projectIds: [own] });
    const { cursor, id } = await cursorNow(own);
    const reader = follow(own, { token: await accessToken(server, client), after: cursor });
    await newOrder(own);
    await reader.until(1);
    const { errors } = await server.graphql(
      'mutation ($id: ID!, $input: UpdateApiClientInput!) { updateApiClient(id: $id, input: $input) { id } }',
      { id: client.id, input: { projectIds: [other] } },
      { token: cast.admin },
    );
    expect(errors).toEqual([]);
    await cancelNow(id);
    expect(await reader.ended).toEqual({ kind: 'closed', code: 4401 });
    expect(reader.steps).toHaveLength(1);
  });

  test('without the scope may not', async () => {
    const projectId = await newProject();
    const client = await createClient(server, cast.admin, { scopes: ['enrolment:create'] });
    const reader = follow(projectId, { token: await accessToken(server, client) });
    expect(await reader.ended).toEqual({ kind: 'error', code: 'FORBIDDEN' });
  });
});
