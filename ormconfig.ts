import { loadConfig } from './src/config.js';
import { ConfigError } from './src/environment.js';
import { databaseSchema } from './src/entities.js';
import { createDataSource } from './src/platform/database/database.js';

const { databaseUrl, migrationDatabaseUrl } = loadConfig(process.env);
if (databaseUrl === null) throw new ConfigError('DATABASE_URL is needed here.');

/** For TypeORM's own command line: `npm run migration:generate` and its siblings. */
export default createDataSource({ url: migrationDatabaseUrl ?? databaseUrl }, databaseSchema);
