import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { databaseSchema } from '../src/entities.js';
import { EnrolmentSecrets } from '../src/features/enrolment/enrolment-secrets.js';
import { newId, type EnrolmentId } from '../src/kernel/ids.js';
import { createDataSource } from '../src/platform/database/database.js';
import { EventHandlers } from '../src/platform/event-handlers.js';
import { poolOf, UnitOfWork } from '../src/platform/scope.js';
import type { DatabaseSocket } from './deaf-proxy.js';
import type { Signet } from './signet.js';

const CONNECTIONS = 16;

/** An order that waits for its phone. */
export interface Waiting {
  readonly id: EnrolmentId;
  readonly code: string;
  readonly watchToken: string;
}

/** The server's own database, over connections of the bench. */
export interface BenchDatabase {
  readonly pool: Pool;
  readonly work: UnitOfWork;
  readonly version: string;
  readonly socket: DatabaseSocket;
  /** Process id of PostgreSQL's first process. */
  readonly postmaster: number;
  close(): Promise<void>;
}

export async function openDatabase(signet: Signet): Promise<BenchDatabase> {
  const folder = join(signet.home.dataDir, 'postgres');
  const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n');
  const [pid = '', , , port = '', host = ''] = lines;
  const connection = { host, port: Number(port), user: 'signet', database: 'signet' };
  const source = createDataSource(connection, databaseSchema, CONNECTIONS);
  await source.initialize();
  const pool = poolOf(source);
  const { rows } = await pool.query<{ server_version: string }>('SHOW server_version');
  return {
    pool,
    work: new UnitOfWork(source, new EventHandlers()),
    version: rows[0]?.server_version ?? '?',
    socket: { host, port: Number(port) },
    postmaster: Number(pid),
    close: () => source.destroy(),
  };
}

/** A project with the default settings but for these. */
export async function createProject(
  pool: Pool,
  settings: { readonly notifyOnSuccess?: boolean; readonly channels?: readonly string[] } = {},
): Promise<string> {
  const id = newId();
  await pool.query(
    `INSERT INTO project (id, name, name_key, mode, settings, created_at, updated_at)
     VALUES ($1, 'Bench', 'bench', 'MANAGED', $2, now(), now())`,
    [id, JSON.stringify(settings)],
  );
  return id;
}

/**
 * Orders as `startEnrolment` leaves them: a user each, the enrolment, the hash of its code, its first event. Written in bulk, as
 * ordering is not what is measured; codes and tokens follow from the master key.
 */
export async function placeOrders(
  pool: Pool,
  signet: Signet,
  { projectId, count }: { projectId: string; count: number },
): Promise<Waiting[]> {
  const secrets = new EnrolmentSecrets(signet.keys);
  const orders = Array.from({ length: count }, () => {
    const id = newId<EnrolmentId>();
    return { id, code: secrets.code(id, 1), watchToken: secrets.watchToken(id) };
  });
  const ids = orders.map(({ id }) => id);
  await pool.query(USERS, [ids]);
  await pool.query(ENROLMENTS, [ids, projectId]);
  const hashes = orders.map(({ code }) => secrets.codeHash(code));
  await pool.query(CODES, [ids, hashes]);
  await pool.query(EVENTS, [ids, projectId]);
  await pool.query('VACUUM (ANALYZE) app_user, enrolment, enrolment_code, enrolment_event');
  return orders;
}

/** User and enrolment have the same id here, which nobody looks at. */
const USERS = `
  INSERT INTO app_user (id, username, username_key, display_name, email, state, roles, groups, created_at, updated_at)
  SELECT id, 'user-' || id, 'user-' || id, 'Alva Beispiel', 'user-' || id || '@example.org', 'ACTIVE', '{USER}', '{}', now(), now()
  FROM unnest($1::uuid[]) id`;
const ENROLMENTS = `
  INSERT INTO enrolment (id, project_id, user_id, status, certificates, channel, confirmation, validity_days, profile_limit,
    server_name, profile_name, account_name, generation, code_ttl_seconds, code_expires_at, expires_at, created_at, last_event,
    ordered_by, ordered_in_session, order_digest)
  SELECT id, $2, id, 'WAITING_FOR_SCAN', '{AUTHENTICATION,SIGNATURE}', 'SCREEN', 'NONE', 730, 3,
    'Signet', 'Bench', 'user-' || id, 1, 3600, now() + interval '1 day', now() + interval '7 days', now(), 1,
    id, id, '\\x00'
  FROM unnest($1::uuid[]) id`;
const CODES = `
  INSERT INTO enrolment_code (enrolment_id, code_hash, generation)
  SELECT id, hash, 1 FROM unnest($1::uuid[], $2::bytea[]) AS orders (id, hash)`;
const EVENTS = `
  INSERT INTO enrolment_event (enrolment_id, project_id, number, status, at)
  SELECT id, $2, 1, 'WAITING_FOR_SCAN', now() FROM unnest($1::uuid[]) id`;
