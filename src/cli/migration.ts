import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/embedded-postgres.js';

/**
 * Compares the entities with the schema that the migrations make, on an empty database of its own.
 * `generate NAME` writes what is missing as a new migration; `check` exits with 1 where something is.
 */
async function main([verb, name = 'check']: readonly string[]): Promise<number> {
  if (verb !== 'generate' && verb !== 'check') {
    process.stderr.write('migration generate NAME | check\n');
    return 2;
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'signet-migration-'));
  const silent = { info: () => undefined, warn: () => undefined };
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, log: silent });
    const { host, port, user, database } = postgres.connection;
    const url = `postgres://${user}@localhost:${String(port)}/${database}?host=${encodeURIComponent(host)}`;
    const path = join('src', 'migrations', name);
    const status =
      typeorm(url, 'migration:run') ||
      typeorm(
        url,
        'migration:generate',
        ...(verb === 'check' ? ['--check'] : []),
        '--pretty',
        path,
      );
    await postgres.stop();
    return status;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function typeorm(url: string, command: string, ...args: readonly string[]): number {
  const cli = require.resolve('typeorm/cli.js');
  const config = resolve(__dirname, '..', '..', 'ormconfig.js');
  const { status } = spawnSync(process.execPath, [cli, command, '-d', config, ...args], {
    stdio: 'inherit',
    // eslint-disable-next-line no-restricted-properties -- handed on, not read
    env: { ...process.env, DATABASE_URL: url, MASTER_KEY: Buffer.alloc(32).toString('base64') },
  });
  return status ?? 1;
}

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
