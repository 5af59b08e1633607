import { Pool } from 'pg';
import { DataSource, type DataSourceOptions, type MixedList } from 'typeorm';

/** Where the database is: a URL, or the socket folder of the embedded one. */
export type DatabaseConnection =
  | { readonly url: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly database: string;
    };

export interface DatabaseSchema {
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  readonly migrations: MixedList<new () => object>;
}

/** What `pg` itself takes, for connections outside the pool. */
export type PgConnection =
  { connectionString: string } | Exclude<DatabaseConnection, { url: string }>;

/** The one place that knows which database this is. Schema changes go through migrations only. */
export function createDataSource(
  connection: DatabaseConnection,
  schema: DatabaseSchema,
  poolSize = 10,
): DataSource {
  return new DataSource({
    type: 'postgres',
    ...('url' in connection
      ? { url: connection.url }
      : {
          host: connection.host,
          port: connection.port,
          username: connection.user,
          database: connection.database,
        }),
    ...schema,
    synchronize: false,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'all',
    applicationName: 'signet',
    installExtensions: false,
    extra: { max: poolSize },
  });
}

export function pgConnection(connection: DatabaseConnection): PgConnection {
  return 'url' in connection ? { connectionString: connection.url } : connection;
}

/**
 * Connections for counters that need not survive a crash of the machine: their commits do not wait for the disk. They are few,
 * and never the ones that a transaction waits for.
 */
export function createCounterPool(connection: DatabaseConnection): Pool {
  return new Pool({
    ...pgConnection(connection),
    max: 4,
    application_name: 'signet counters',
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it, though its types do not say so
    onConnect: async (client) => {
      await client.query('SET synchronous_commit = off');
    },
  });
}
