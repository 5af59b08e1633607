import { createHash, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { SessionService } from '../src/features/sessions/session.service.js';
import type { UserId } from '../src/kernel/ids.js';
import { copyIn } from './copy-in.js';
import { createProject, openDatabase, type BenchDatabase } from './database.js';
import type { BenchPlan } from './options.js';
import type { Signet } from './signet.js';

/** An import of users, each of whom is added and invited, and the same file again. */
export interface Imports {
  readonly users: number;
  readonly megabytes: number;
  readonly first: Measured;
  readonly again: Measured;
  /** Rows of any table that the second import has changed, or added. */
  readonly changedAgain: number;
  /** The same lines into a table that has their columns, and nothing else. */
  readonly copySeconds: number;
}

interface Measured {
  readonly seconds: number;
  readonly phaseSeconds: Readonly<Record<string, number>>;
  /** The most that the server had resident at any time, beyond what it had before. */
  readonly peakMegabytes: number;
}

const HEADER = 'E-Mail,First name,Last name,ID,Sync ID\n';
const LINES_PER_PIECE = 1000;
const MEGABYTE = 1024 * 1024;
/** Everybody's row, and everything that an import writes. */
const VERSIONS = `
  SELECT count(*)::int AS rows, md5(string_agg(version, '|' ORDER BY version)) AS digest FROM (
    SELECT 'user' || id || xmin || ctid AS version FROM app_user
    UNION ALL SELECT 'member' || id || xmin || ctid FROM project_member
    UNION ALL SELECT 'enrolment' || id || xmin || ctid FROM enrolment
    UNION ALL SELECT 'entry' || id || xmin || ctid FROM audit_entry) AS each`;

export async function measureImport(signet: Signet, { imports }: BenchPlan): Promise<Imports> {
  const database = await openDatabase(signet);
  try {
    const { pool } = database;
    const projectId = await createProject(pool, { channels: ['EMAIL'] });
    const token = await administratorsSession(database);
    const { users } = imports;
    const copySeconds = await rawCopy(database, users);
    const send = (): Promise<Measured> => importOnce(signet, { token, projectId, users });
    const first = await send();
    // What is measured is the import; hundred thousand mails to a folder are not.
    await pool.query('DELETE FROM graphile_worker._private_jobs WHERE locked_at IS NULL');
    await settled(database);
    const before = await pool.query<{ rows: number; digest: string }>(VERSIONS);
    const again = await send();
    const after = await pool.query<{ rows: number; digest: string }>(VERSIONS);
    const [was, is] = [before.rows[0], after.rows[0]];
    const isSame = was?.digest === is?.digest;
    const changedAgain = isSame ? 0 : Math.max(1, Math.abs((is?.rows ?? 0) - (was?.rows ?? 0)));
    const megabytes = [...piecesOf(users)].reduce((sum, text) => sum + text.length, 0) / MEGABYTE;
    return { users, megabytes, first, again, changedAgain, copySeconds };
  } finally {
    await database.close();
  }
}

async function importOnce(
  { url, process: server }: Signet,
  { token, projectId, users }: { token: string; projectId: string; users: number },
): Promise<Measured> {
  const before = await server.rssBytes();
  await writeFile(`/proc/${String(server.pid)}/clear_refs`, '5'); // the peak begins anew: proc(5)
  const startedAt = performance.now();
  const response = await fetch(`${url}/imports/users?project=${projectId}&dryRun=false`, {
    method: 'POST',
    headers: {
      'content-type': 'text/csv',
      accept: 'application/x-ndjson',
      authorization: `Bearer ${token}`,
    },
    body: Readable.toWeb(Readable.from(piecesOf(users))) as BodyInit,
    duplex: 'half',
  } as RequestInit);
  const { phaseSeconds, last } = await follow(response, startedAt);
  const seconds = (performance.now() - startedAt) / 1000;
  if (!last.includes('"type":"result"')) throw new Error(`The import failed: ${last}`);
  const peak = await peakBytes(server.pid);
  return { seconds, phaseSeconds, peakMegabytes: Math.max(0, peak - before) / MEGABYTE };
}

/** When each phase began, and the last line. */
async function follow(
  response: Response,
  startedAt: number,
): Promise<{ phaseSeconds: Record<string, number>; last: string }> {
  const began: [string, number][] = [];
  let rest = '';
  let last = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      last = line;
      const phase = /"type":"progress","phase":"(\w+)"/.exec(line)?.[1];
      if (phase !== undefined && began.at(-1)?.[0] !== phase)
        began.push([phase, performance.now()]);
    }
  }
  const ends = [...began.slice(1).map(([, at]) => at), performance.now()];
  const phaseSeconds = Object.fromEntries(
    began.map(([phase, at], i) => [phase, ((ends[i] ?? at) - (i === 0 ? startedAt : at)) / 1000]),
  );
  return { phaseSeconds, last };
}

function* piecesOf(users: number): Generator<string> {
  yield HEADER;
  for (let start = 0; start < users; start += LINES_PER_PIECE) {
    const count = Math.min(LINES_PER_PIECE, users - start);
    yield Array.from({ length: count }, (_, i) => lineOf(start + i)).join('');
  }
}

/** As a personnel list has them: no two alike. */
function lineOf(i: number): string {
  const name = createHash('sha256').update(String(i)).digest('hex').slice(0, 8);
  return `${name}.${String(i)}@corp.example.org,Vor${name},Nach${String(i)},P${String(i)},S-${name}-${String(i)}\n`;
}

async function rawCopy({ pool }: BenchDatabase, users: number): Promise<number> {
  await pool.query(
    'CREATE TABLE raw_copy (email text, first text, last text, id text, sync_id text)',
  );
  const client = await pool.connect();
  try {
    const startedAt = performance.now();
    await copyIn(client, 'COPY raw_copy FROM STDIN (FORMAT csv, HEADER)', piecesOf(users));
    return (performance.now() - startedAt) / 1000;
  } finally {
    client.release();
    await pool.query('DROP TABLE raw_copy');
  }
}

async function administratorsSession({ pool, work }: BenchDatabase): Promise<string> {
  const { rows } = await pool.query<{ id: UserId }>(
    `SELECT id FROM app_user WHERE username = 'admin'`,
  );
  const [admin] = rows;
  if (admin === undefined) throw new Error('There is no administrator.');
  const sessions = new SessionService({ idleSeconds: 3600, maxSeconds: 3600 });
  const request = await work.systemRequest('bench', randomUUID());
  return work.change(request, async (scope) => {
    const proof = { provider: null, credential: 'bench' };
    const opened = await sessions.open(scope, admin.id, { method: 'PASSWORD', ...proof });
    const both = await sessions.strengthen(scope, opened.actor, { method: 'EMAIL_CODE', ...proof });
    return both.token;
  });
}

/** Until the mails that had been taken up are sent, which write to the enrolments. */
async function settled({ pool }: BenchDatabase): Promise<void> {
  for (;;) {
    const { rows } = await pool.query('SELECT id FROM graphile_worker.jobs LIMIT 1');
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error('The system does not tell the peak.');
  return Number(kilobytes) * 1024;
}
