import { randomUUID } from 'node:crypto';
import { ASSIGNED_ID_LOG } from '../../src/features/assigned-ids/assigned-id-log.service';
import type { ProfileId, ProjectId } from '../../src/kernel/ids';
import { accessToken, createClient, type TestClient } from '../helpers/api-clients';
import { changeId, SelfRegisteredPhone } from '../helpers/assigned-ids';
import { gatherCast, type Cast } from '../helpers/cast';
import { IdReader } from '../helpers/id-reader';
import { createSelfRegistration } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

function follow(projectId: string, after?: string, token = cast.operator.token): IdReader {
  return new IdReader(server.url, { projectId, after }, token);
}

/** An activation without a phone, which waits before it commits where it is told to. */
async function assign(
  projectId: string,
  beforeCommit: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { work, assignedIds } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  await work.change(request, async (scope) => {
    const phone = { projectId: projectId as ProjectId, deviceThumbprint: randomUUID() };
    const assigned = await assignedIds.assign(scope, phone);
    await assignedIds.bind(scope, assigned, randomUUID() as ProfileId);
    await beforeCommit();
  });
}

/** A change of an ID that takes no place in the row of its project's activations. */
function confirm(projectId: string, value: string): Promise<any> {
  const named = { projectId, value, hostReference: `customer ${value}` };
  return changeId(server, cast.operator.token, 'confirmAssignedId', named);
}

async function newProject(): Promise<{ projectId: string; code: string }> {
  return createSelfRegistration(server, cast.admin);
}

describe('who follows the IDs of a project', () => {
  test('is told what becomes of each, in order', async () => {
    const { projectId, code } = await newProject();
    const reader = follow(projectId, await cursorAfterFirst(projectId));
    const phone = new SelfRegisteredPhone(server);
    await phone.register(code);
    await phone.register(code);
    await confirm(projectId, '2');
    await changeId(server, cast.operator.token, 'unconfirmAssignedId', { projectId, value: '2' });
    await changeId(server, cast.operator.token, 'revokeAssignedId', { projectId, value: '2' });
    await reader.until(5);
    expect(reader.seen).toEqual([
      '2 ASSIGNED',
      '2 REACTIVATED',
      '2 CONFIRMED',
      '2 UNCONFIRMED',
      '2 REVOKED',
    ]);
    expect(reader.steps.at(-1)?.assignedId.status).toBe('REVOKED');
    await reader.drop();
  });

  test('without a cursor is told what comes from then on', async () => {
    const { projectId } = await newProject();
    await assign(projectId);
    const { work, assignedIdStreams } = server.app.services;
    const scope = work.read(await work.systemRequest('test', randomUUID()));
    const events = await assignedIdStreams.follow(scope, projectId, null);
    await confirm(projectId, '1');
    expect((await events.next()).value).toMatchObject({ kind: 'CONFIRMED' });
    await events.return?.();
  });

  test('and comes back with a cursor, misses nothing and is told nothing twice', async () => {
    const { projectId } = await newProject();
    const cursor = await cursorAfterFirst(projectId);
    for (let i = 0; i < 5; i += 1) await assign(projectId);
    const first = await follow(projectId, cursor).until(3);
    const resumeAt = first.steps[2]?.cursor;
    await first.drop();
    await Promise.all([confirm(projectId, '2'), assign(projectId), confirm(projectId, '3')]);
    const second = await follow(projectId, resumeAt).until(5);
    expect([...first.seen.slice(0, 3), ...second.seen.slice(0, 2)]).toEqual(
      [2, 3, 4, 5, 6].map((n) => `${String(n)} ASSIGNED`),
    );
    expect(second.seen.slice(2).sort()).toEqual(['2 CONFIRMED', '3 CONFIRMED', '7 ASSIGNED']);
    await second.drop();
  });

  test('is told both of two changes of which the later one was committed first, once each', async () => {
    const { projectId } = await newProject();
    const cursor = await cursorAfterFirst(projectId);
    let commit: () => void = () => undefined;
    let held: Promise<void> | undefined;
    const isWritten = new Promise<void>((written) => {
      held = assign(
        projectId,
        () =>
          new Promise((resolve) => {
            commit = resolve;
            written();
          }),
      );
    });
    await isWritten;
    await confirm(projectId, '1');
    const reader = follow(projectId, cursor);
    await Promise.race([reader.until(1), new Promise((resolve) => setTimeout(resolve, 300))]);
    expect(reader.seen).toEqual([]); // it would have been lost behind its cursor
    commit();
    await held;
    await reader.until(2);
    expect(reader.seen).toEqual(['2 ASSIGNED', '1 CONFIRMED']);
    await reader.drop();
  });

  test('hears nothing of phones that report in, nor of other projects', async () => {
    const { projectId, code } = await newProject();
    const elsewhere = await newProject();
    const cursor = await cursorAfterFirst(projectId);
    const phone = new SelfRegisteredPhone(server);
    await phone.register(code);
    await phone.report();
    await assign(elsewhere.projectId);
    await confirm(projectId, '1');
    const reader = await follow(projectId, cursor).until(2);
    expect(reader.seen).toEqual(['2 ASSIGNED', '1 CONFIRMED']);
    await reader.drop();
  });
});

/** Where the first ID of a project was assigned. */
async function cursorAfterFirst(projectId: string): Promise<string> {
  const { streams } = server.app.services;
  const events = await streams.follow(ASSIGNED_ID_LOG, projectId as ProjectId, null);
  await assign(projectId);
  const { value } = await events.next();
  await events.return?.();
  if (value === undefined) throw new Error('Nothing came.');
  return value.cursor;
}

describe('it is refused', () => {
  async function clientOf(scopes: string[], projectIds: string[]): Promise<TestClient> {
    return createClient(server, cast.admin, { scopes, projectIds });
  }
  const endingFor = (projectId: string, token: string, after?: string) =>
    follow(projectId, after, token).ended;

  test('to a client without the scope, without the project, and to a user without the role', async () => {
    const { projectId } = await newProject();
    const foreign = await newProject();
    const reader = await clientOf(['assigned-ids:read'], [foreign.projectId]);
    const other = await clientOf(['enrolment:read', 'projects:read'], [projectId]);
    expect(await endingFor(projectId, await accessToken(server, reader))).toEqual({
      kind: 'error',
      code: 'NOT_FOUND',
    });
    for (const token of [await accessToken(server, other), cast.alva.token]) {
      expect(await endingFor(projectId, token)).toEqual({ kind: 'error', code: 'FORBIDDEN' });
    }
  });

  test('in a MANAGED project, and behind a cursor that is none or of another project', async () => {
    const [one, two] = [await newProject(), await newProject()];
    const { token } = cast.operator;
    expect(await endingFor(cast.projectId, token)).toMatchObject({ code: 'WRONG_PROJECT_MODE' });
    const foreign = await cursorAfterFirst(two.projectId);
    for (const after of ['nonsense', foreign, foreign.slice(1)]) {
      expect(await endingFor(one.projectId, token, after)).toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  test('at once to a client that loses the project', async () => {
    const { projectId } = await newProject();
    const elsewhere = await newProject();
    const client = await clientOf(['assigned-ids:read'], [projectId]);
    const cursor = await cursorAfterFirst(projectId);
    await assign(projectId);
    const reader = await follow(projectId, cursor, await accessToken(server, client)).until(1);
    const { errors } = await server.graphql(
      'mutation ($id: ID!, $input: UpdateApiClientInput!) { updateApiClient(id: $id, input: $input) { id } }',
      { id: client.id, input: { projectIds: [elsewhere.projectId] } },
      { token: cast.admin },
    );
    expect(errors).toEqual([]);
    expect((await reader.ended).kind).toBe('closed');
    await assign(projectId);
    expect(reader.seen).toEqual(['2 ASSIGNED']);
  });
});
