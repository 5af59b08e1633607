import { Client, escapeIdentifier } from 'pg';
import { SUPERUSER } from './cluster.js';
import { PORT } from './settings.js';

/** The application's own role: owns its databases and may make more, and is no superuser. */
export const APPLICATION_ROLE = 'signet';

/** Makes role and database when they are missing, and gives the server's version. */
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
    const { rows } = await client.query<{ version: string; role: boolean; database: boolean }>(
      `SELECT current_setting('server_version') AS version,
              EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role,
              EXISTS (SELECT FROM pg_database WHERE datname = $2) AS database`,
      [APPLICATION_ROLE, database],
    );
    const [found] = rows;
    if (found === undefined) throw new Error('PostgreSQL gave no answer.');
    const role = escapeIdentifier(APPLICATION_ROLE);
    if (!found.role) await client.query(`CREATE ROLE ${role} LOGIN CREATEDB`);
    if (!found.database) {
      await client.query(`CREATE DATABASE ${escapeIdentifier(database)} OWNER ${role}`);
    }
    return found.version;
  } finally {
    await client.end();
  }
}
