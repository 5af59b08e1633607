import { Client, escapeIdentifier } from 'pg';
import { SUPERUSER } from './cluster.js';
import { PORT } from './settings.js';

/** The application's own role: owns its databases and may make more, and is no superuser. */
export const APPLICATION_ROLE = 'signet';

/** As whom the server works: owns nothing, so that it cannot undo what tables and triggers refuse it. */
const SERVER_ROLE = 'signet_server';

export interface SocketConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** The same database, as the owner sees it and as the server does. */
export function connectionsTo(
  socketFolder: string,
  database: string,
): { readonly connection: SocketConnection; readonly serverConnection: SocketConnection } {
  const place = { host: socketFolder, port: PORT, database };
  return {
    connection: { ...place, user: APPLICATION_ROLE },
    serverConnection: { ...place, user: SERVER_ROLE },
  };
}

/** Makes roles and database when they are missing, and gives the server's version. */
export async function ensureDatabase(socketFolder: string, database: string): Promise<string> {
  const client = new Client({
    host: socketFolder,
    port: PORT,
    user: SUPERUSER,
    database: 'postgres',
    application_name: 'signet setup',
  });
  client.on('error', () => undefined); // the pending query rejects with the same error
  await client.connect();
  try {
    const { rows } = await client.query<{
      version: string;
      role: boolean;
      server: boolean;
      database: boolean;
    }>(
      `SELECT current_setting('server_version') AS version,
              EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role,
              EXISTS (SELECT FROM pg_roles WHERE rolname = $2) AS server,
              EXISTS (SELECT FROM pg_database WHERE datname = $3) AS database`,
      [APPLICATION_ROLE, SERVER_ROLE, database],
    );
    const [found] = rows;
    if (found === undefined) throw new Error('PostgreSQL gave no answer.');
    const role = escapeIdentifier(APPLICATION_ROLE);
    if (!found.role) await client.query(`CREATE ROLE ${role} LOGIN CREATEDB`);
    if (!found.server) await client.query(`CREATE ROLE ${escapeIdentifier(SERVER_ROLE)} LOGIN`);
    if (!found.database) {
      await client.query(`CREATE DATABASE ${escapeIdentifier(database)} OWNER ${role}`);
    }
    return found.version;
  } finally {
    await client.end();
  }
}
