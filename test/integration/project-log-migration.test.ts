import { randomUUID } from 'node:crypto';
import type { QueryRunner } from 'typeorm';
import { ENROLMENT_LOG } from '../../src/features/enrolment/enrolment-log.service';
import type { EnrolmentId, ProjectId } from '../../src/kernel/ids';
import { ProjectStreams1795600300000 } from '../../src/migrations/1795600300000-ProjectStreams';
import { AssignedIdEvents1795600320000 } from '../../src/migrations/1795600320000-AssignedIdEvents';
import { Webhooks1795600700000 } from '../../src/migrations/1795600700000-Webhooks';
import { gatherCast, order } from '../helpers/cast';
import { createPerson, createProject } from '../helpers/people';
import { settledEvents } from '../helpers/project-reader';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

test('events of before the upgrade come first, each with its project, in the order in which they happened', async () => {
  const cast = await gatherCast(server);
  const projectId = (await createProject(server, cast.admin, 'another')) as ProjectId;
  const placed: string[] = [];
  for (const name of ['anna', 'bela', 'cleo']) {
    const { id } = await createPerson(server, cast.admin, name);
    placed.push((await order(server, await sessionOf(server, id), { projectId })).id);
  }
  await order(server, cast.alva.token, { projectId: cast.projectId });
  const { work, log, streams } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  const cancel = (id: string | undefined): Promise<void> =>
    work.change(request, (scope) => log.move(scope, id as EnrolmentId, 'CANCELLED'));
  await cancel(placed[1]);
  await server.database.query(
    `UPDATE enrolment_event SET at = at - interval '1 hour' WHERE enrolment_id = $1`,
    [placed[2]],
  );

  const runner = {
    query: (sql: string) => server.database.query(sql),
  } as unknown as QueryRunner;
  const migrations = [
    new ProjectStreams1795600300000(),
    ...[new AssignedIdEvents1795600320000(), new Webhooks1795600700000()], // use what it makes
  ];
  for (const migration of [...migrations].reverse()) await migration.down(runner);
  for (const migration of migrations) await migration.up(runner);
  await server.database.query('GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC'); // as a start does
  await cancel(placed[0]);

  const events = await settledEvents(server, projectId);
  expect(events.map(({ enrolmentId, status }) => [enrolmentId, status])).toEqual([
    [placed[2], 'WAITING_FOR_SCAN'],
    [placed[0], 'WAITING_FOR_SCAN'],
    [placed[1], 'WAITING_FOR_SCAN'],
    [placed[1], 'CANCELLED'],
    [placed[0], 'CANCELLED'],
  ]);
  const cursor = events[3]?.cursor ?? '';
  const after = await streams.positionOf(ENROLMENT_LOG, projectId, cursor);
  const behind = await settledEvents(server, projectId, after);
  expect(behind.map(({ enrolmentId }) => enrolmentId)).toEqual([placed[0]]);
});
