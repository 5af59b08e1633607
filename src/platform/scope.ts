import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import type { Actor, RequestContext } from '../kernel/actor.js';
import type { EventHandlers, EventType } from './event-handlers.js';
import { sharedRead } from './shared-read.js';

/** Runs a named prepared statement: parsed once per connection, for the hot paths. */
export type Sql = <Row extends QueryResultRow>(
  name: string,
  text: string,
  values: readonly unknown[],
) => Promise<Row[]>;

/** Who acts, when, and through which connection. First argument of every service method. */
export interface Scope {
  readonly actor: Actor;
  readonly request: RequestContext;
  /** The database's time: of the transaction's start, or for reads of the request's. */
  readonly now: Date;
  readonly db: EntityManager;
  readonly sql: Sql;
}

/** A scope whose writes commit together, or not at all. */
export interface ChangeScope extends Scope {
  /** Calls upward: runs the handlers registered for the event, inside this transaction. */
  raise<E>(type: EventType<E>, event: E): Promise<void>;
}

/** Opens scopes for resolvers and jobs. */
export class UnitOfWork {
  /** Statements outside a transaction. */
  readonly sql: Sql;
  /** The database's time, read once for all who ask in the same turn of the event loop. */
  readonly now: () => Promise<Date>;

  constructor(
    private readonly source: DataSource,
    private readonly handlers: EventHandlers<ChangeScope>,
  ) {
    this.sql = sqlOn(poolOf(source));
    this.now = sharedRead(() => timeOf(this.sql));
  }

  /** The context of Signet's own doings: a job, a start. */
  async systemRequest(name: string, requestId: string): Promise<RequestContext> {
    return {
      actor: { kind: 'system', name },
      grants: {},
      requestId,
      address: 'localhost',
      userAgent: null,
      now: await this.now(),
      setSessionCookie: () => undefined,
    };
  }

  /** For queries and field resolvers: no transaction, no connection held. */
  read(request: RequestContext): Scope {
    return {
      actor: request.actor,
      request,
      now: request.now,
      db: this.source.manager,
      sql: this.sql,
    };
  }

  /**
   * For mutations and jobs: everything in `work` commits together, or not at all.
   * A throw undoes its writes too, so a failed attempt that must be remembered is returned, never thrown.
   * TypeORM does not know of this transaction: `insert` and `update` join it, `save` and `transaction` are not for services.
   */
  async change<T>(request: RequestContext, work: (scope: ChangeScope) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    const client = (await runner.connect()) as PoolClient;
    let broken = true;
    try {
      const now = await begin(client);
      const scope = this.changeScope(request, now, { runner, client });
      const result = await work(scope);
      await client.query('COMMIT');
      broken = false;
      return result;
    } catch (error) {
      await client.query('ROLLBACK').then(
        () => (broken = false),
        () => undefined, // the connection is gone, and the transaction with it
      );
      throw error;
    } finally {
      // TypeORM lets go of a lost connection by itself; a second release would throw, and hide why it was lost.
      if (broken && !runner.isReleased) client.release(true);
      else await runner.release();
    }
  }

  private changeScope(
    request: RequestContext,
    now: Date,
    { runner, client }: { runner: QueryRunner; client: PoolClient },
  ): ChangeScope {
    let db: EntityManager | undefined;
    const { source, handlers } = this;
    const scope: ChangeScope = {
      actor: request.actor,
      request,
      now,
      get db() {
        return (db ??= source.createEntityManager(runner)); // hot paths do without
      },
      sql: sqlOn(client),
      raise(type, event) {
        return handlers.run(this, type, event); // of the scope it is called on, see `actingAs`
      },
    };
    return scope;
  }
}

/** The same transaction with somebody else at work in it: also in all that follows from what he does. */
export function actingAs(scope: ChangeScope, actor: Actor): ChangeScope {
  return { ...scope, actor };
}

/** The pool of `pg` connections below a TypeORM data source. */
export function poolOf(source: DataSource): Pool {
  return (source.driver as unknown as { master: Pool }).master;
}

async function timeOf(sql: Sql): Promise<Date> {
  const [row] = await sql<{ now: Date }>('work.now', 'SELECT now() AS now', []);
  if (row === undefined) throw new Error('The database did not tell the time.');
  return row.now;
}

/** Both statements in one round trip. */
async function begin(client: PoolClient): Promise<Date> {
  const results = (await client.query('BEGIN; SELECT now() AS now')) as unknown as {
    rows: { now: Date }[];
  }[];
  const now = results[1]?.rows[0]?.now;
  if (now === undefined) throw new Error('The database did not tell the time.');
  return now;
}

export function sqlOn(connection: Pool | PoolClient): Sql {
  return async <Row extends QueryResultRow>(
    name: string,
    text: string,
    values: readonly unknown[],
  ) => (await connection.query<Row>({ name, text, values: [...values] })).rows;
}
