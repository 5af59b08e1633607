import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import * as fc from 'fast-check';
import { ENROLMENT_LOG } from '../../src/features/enrolment/enrolment-log.service';
import type { EnrolmentStep } from '../../src/features/enrolment/status/project-enrolments.service';
import type { ProjectEvent } from '../../src/features/events/project-stream.service';
import type { ProjectId } from '../../src/kernel/ids';
import { eventually, startTestServer, type TestServer } from '../helpers/server';

const WRITERS = 5;
const READERS = 3;
const PROJECTS = 2;

let servers: readonly [TestServer, TestServer];
let writers: Client[];

beforeAll(async () => {
  const first = await startTestServer();
  servers = [first, await startTestServer({ database: first.database })];
  writers = Array.from(
    { length: WRITERS },
    () => new Client({ connectionString: first.database.url }),
  );
  for (const writer of writers) await writer.connect();
});

afterAll(async () => {
  for (const writer of writers) await writer.end();
  await servers[1].stop();
  await servers[0].stop();
});

/** What may happen next; a writer without a transaction begins one, and a reader goes on where it was, at either server. */
type Step =
  | { readonly kind: 'write'; readonly writer: number; readonly project: number }
  | { readonly kind: 'commit' | 'undo'; readonly writer: number }
  | { readonly kind: 'resume'; readonly reader: number; readonly at: number };

const upTo = (count: number): fc.Arbitrary<number> => fc.nat({ max: count - 1 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      writer: upTo(WRITERS),
      project: upTo(PROJECTS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('commit' as const), writer: upTo(WRITERS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('undo' as const), writer: upTo(WRITERS) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('resume' as const),
      reader: upTo(READERS * PROJECTS),
      at: upTo(2),
    }),
  },
);

/** Follows one project behind a cursor, now at one server, now at the other, and keeps all that it gets. */
class Reader {
  readonly got: string[] = [];
  private events: AsyncIterableIterator<ProjectEvent & EnrolmentStep> | undefined;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    readonly projectId: ProjectId,
    private cursor: string,
  ) {}

  async resume(at: number): Promise<void> {
    await this.stop();
    const { streams } = (servers[at] ?? servers[0]).app.services;
    this.events = await streams.follow<EnrolmentStep>(ENROLMENT_LOG, this.projectId, this.cursor);
    this.reading = this.take(this.events);
  }

  async stop(): Promise<void> {
    await this.events?.return?.();
    await this.reading;
  }

  private async take(events: AsyncIterableIterator<ProjectEvent & EnrolmentStep>): Promise<void> {
    for await (const event of events) {
      this.cursor = event.cursor;
      this.got.push(event.enrolmentId);
    }
  }
}

interface Written {
  readonly projectId: ProjectId;
  readonly id: string;
}

/** Transactions of several connections, under way at the same time; they end in any order. */
class Writers {
  readonly committed: Written[] = [];
  private readonly open = new Map<number, Written[]>();

  async write(writer: number, projectId: ProjectId): Promise<void> {
    const client = clientOf(writer);
    const known = this.open.get(writer);
    if (known === undefined) await client.query('BEGIN');
    const id = randomUUID();
    this.open.set(writer, [...(known ?? []), { projectId, id }]);
    await client.query(
      `INSERT INTO enrolment_event (enrolment_id, project_id, number, status, at) VALUES ($1, $2, 1, 'SCANNED', now())`,
      [id, projectId],
    );
    await client.query(`SELECT pg_notify('signet', $1)`, [`project:${projectId}`]);
  }

  async end(writer: number, how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const written = this.open.get(writer);
    if (written === undefined) return;
    await clientOf(writer).query(how);
    this.open.delete(writer);
    if (how === 'COMMIT') this.committed.push(...written);
  }

  async commitAll(): Promise<void> {
    for (const writer of [...this.open.keys()]) await this.end(writer, 'COMMIT');
  }
}

function clientOf(writer: number): Client {
  const client = writers[writer];
  if (client === undefined) throw new Error('There is no such writer.');
  return client;
}

async function cursorIn(writing: Writers, projectId: ProjectId): Promise<string> {
  const { streams } = servers[0].app.services;
  const events = await streams.follow(ENROLMENT_LOG, projectId, null);
  await writing.write(0, projectId);
  await writing.end(0, 'COMMIT');
  const { value } = await events.next();
  await events.return?.();
  return value?.cursor ?? '';
}

test('however transactions end and readers come back, each gets each event once, in one order', async () => {
  const property = fc.asyncProperty(fc.array(anyStep, { minLength: 20, maxLength: 80 }), play);
  await expect(fc.assert(property, { numRuns: 30 })).resolves.toBeUndefined();
});

async function play(steps: readonly Step[]): Promise<void> {
  const projects = Array.from({ length: PROJECTS }, () => randomUUID() as ProjectId);
  const writing = new Writers();
  const readers: Reader[] = [];
  for (const project of projects) {
    const cursor = await cursorIn(writing, project);
    for (let i = 0; i < READERS; i += 1) readers.push(new Reader(project, cursor));
  }
  writing.committed.length = 0;
  for (const [i, reader] of readers.entries()) await reader.resume(i % 2);
  for (const step of steps) await take(step, { projects, writing, readers });
  await writing.commitAll();
  for (const reader of readers) await complete(reader, writing.committed);
  for (const project of projects) {
    const [one, ...others] = readers.filter(({ projectId }) => projectId === project);
    for (const other of others) expect(other.got).toEqual(one?.got);
  }
}

interface Scenery {
  readonly projects: readonly ProjectId[];
  readonly writing: Writers;
  readonly readers: readonly Reader[];
}

async function take(step: Step, { projects, writing, readers }: Scenery): Promise<void> {
  const [project] = step.kind === 'write' ? projects.slice(step.project) : [];
  if (step.kind === 'resume') await readers[step.reader]?.resume(step.at);
  else if (project !== undefined) await writing.write(step.writer, project);
  else await writing.end(step.writer, step.kind === 'commit' ? 'COMMIT' : 'ROLLBACK');
}

/** Waits for all that it has to get, and sees that there is nothing else. */
async function complete(reader: Reader, committed: readonly Written[]): Promise<void> {
  const due = committed.filter(({ projectId }) => projectId === reader.projectId);
  await eventually(() => Promise.resolve(reader.got.length >= due.length ? true : undefined));
  await reader.stop();
  expect([...reader.got].sort()).toEqual(due.map(({ id }) => id).sort());
}
