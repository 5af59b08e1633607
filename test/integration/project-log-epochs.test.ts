import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { ENROLMENT_LOG } from '../../src/features/enrolment/enrolment-log.service';
import type { EnrolmentStep } from '../../src/features/enrolment/status/project-enrolments.service';
import type { ProjectEvent } from '../../src/features/events/project-stream.service';
import { DomainError } from '../../src/kernel/errors';
import type { ProjectId } from '../../src/kernel/ids';
import { settledEvents } from '../helpers/project-reader';
import { startTestServer, type TestServer } from '../helpers/server';

/** Behind each epoch all numbers of transactions may be less than before: as where a dump goes into a younger cluster. */
const OLD_XID = 5_000_000_000;

let server: TestServer;
let own: Client;
let histories = 0;
let projectId: ProjectId;

beforeAll(async () => {
  server = await startTestServer();
  own = new Client({ connectionString: server.database.url });
  await own.connect();
});

beforeEach(() => {
  projectId = randomUUID() as ProjectId;
});

afterAll(async () => {
  await own.end();
  await server.stop();
});

const INSERT = `INSERT INTO enrolment_event (enrolment_id, project_id, number, status, at) VALUES ($1, $2, 1, 'SCANNED', clock_timestamp())`;

async function write(client: Pick<Client, 'query'> = own): Promise<string> {
  const id = randomUUID();
  await client.query(INSERT, [id, projectId]);
  return id;
}

/** As it is after the dump of a cluster that had lived for longer, or another life, was restored into this one. */
async function restored(): Promise<void> {
  await own.query(
    'UPDATE enrolment_event SET xid = xid + $1 WHERE epoch = (SELECT max(epoch) FROM log_epoch)',
    [OLD_XID],
  );
  await otherHistory();
}

async function otherHistory(): Promise<void> {
  histories += 1;
  await own.query(
    `CREATE OR REPLACE FUNCTION project_log_history() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'test.${String(histories)}' $$`,
  );
}

const all = (): Promise<readonly (ProjectEvent & EnrolmentStep)[]> =>
  settledEvents(server, projectId);

const idsOf = (events: readonly EnrolmentStep[]): string[] =>
  events.map(({ enrolmentId }) => enrolmentId);

async function behind(cursor: string): Promise<string[]> {
  const { streams } = server.app.services;
  const after = await streams.positionOf(ENROLMENT_LOG, projectId, cursor);
  return idsOf(await settledEvents(server, projectId, after));
}

async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof DomainError ? error.code : error),
  );
}

describe('after a restore into another cluster', () => {
  test('nothing that was there is hidden, and nothing new is lost behind a cursor of before', async () => {
    const before = [await write(), await write()];
    await restored();
    const seen = await all();
    expect(idsOf(seen)).toEqual(before);
    const added = [await write(), await write()];
    expect(await behind(seen[1]?.cursor ?? '')).toEqual(added);
    expect(await behind(seen[0]?.cursor ?? '')).toEqual([before[1], ...added]);
  });

  test('and back again the order stands', async () => {
    const written = [await write()];
    for (let i = 0; i < 3; i += 1) {
      await restored();
      written.push(await write());
    }
    const seen = await all();
    expect(idsOf(seen)).toEqual(written);
    const epochs = seen.map(({ position }) => position.epoch);
    expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
    expect(new Set(epochs).size).toBe(4);
  });

  test('who begins at once gets the first event of the new epoch', async () => {
    await write();
    await restored();
    const { streams } = server.app.services;
    const events = await streams.follow<EnrolmentStep>(ENROLMENT_LOG, projectId, null);
    const next = await write();
    await own.query(`SELECT pg_notify('signet', $1)`, [`project:${projectId}`]);
    expect((await events.next()).value?.enrolmentId).toBe(next);
    await events.return?.();
  });

  test.each(['COMMIT', 'ROLLBACK'])(
    'two transactions may begin the epoch at once, and the first of them end with %s',
    async (end) => {
      await otherHistory();
      const other = new Client({ connectionString: server.database.url });
      await other.connect();
      await own.query('BEGIN');
      const first = await write();
      const waiting = write(other);
      await own.query(end);
      const second = await waiting;
      await other.end();
      const seen = await all();
      expect(idsOf(seen)).toEqual(end === 'COMMIT' ? [first, second] : [second]);
      expect(new Set(seen.map(({ position }) => position.epoch)).size).toBe(1);
    },
  );

  test('the server asks the cluster itself which one it is', async () => {
    const fresh = await startTestServer();
    const [row] = await fresh.database.query<{ history: string; own: string }>(
      `SELECT project_log_history() AS history, (SELECT system_identifier::text FROM pg_control_system()) AS own`,
    );
    expect(row?.history).toBe(`${row?.own ?? ''}.00000001`);
    await fresh.stop();
  });
});

describe('after a restore to an earlier time, a cursor of later', () => {
  test('is refused, as its event never was', async () => {
    await write();
    const lost = await write();
    const cursor = (await all())[1]?.cursor ?? '';
    await own.query('DELETE FROM enrolment_event WHERE enrolment_id = $1', [lost]);
    expect(await refusal(behind(cursor))).toBe('INVALID_INPUT');
  });

  test('is refused also where another event has its numbers now', async () => {
    const lost = await write();
    const [event] = await all();
    await own.query(
      `UPDATE enrolment_event SET enrolment_id = gen_random_uuid(), at = at + interval '1 microsecond' WHERE enrolment_id = $1`,
      [lost],
    );
    expect(await refusal(behind(event?.cursor ?? ''))).toBe('INVALID_INPUT');
  });

  test('ends the stream of who was there all the time', async () => {
    await write();
    const [event] = await all();
    if (event === undefined) throw new Error('It was not written.');
    const { position } = event;
    const { streams } = server.app.services;
    for (const after of [
      { ...position, xid: String(BigInt(position.xid) + 1_000_000n) },
      { ...position, epoch: position.epoch + 1 },
    ]) {
      expect(await refusal(streams.read(ENROLMENT_LOG, projectId, { after }))).toBe(
        'INVALID_INPUT',
      );
    }
  });
});
