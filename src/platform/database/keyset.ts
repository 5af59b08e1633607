import type { QueryResultRow } from 'pg';
import { invalidInput } from '../../kernel/errors.js';
import { parseId } from '../../kernel/ids.js';
import { toPage, type Page, type PageRequest } from '../../kernel/pagination.js';
import type { Scope } from '../scope.js';

/** Rows of one table, newest first. Conditions are SQL with `?` for their one value; column `created_at` and `id` must exist. */
export interface KeysetQuery {
  readonly table: string;
  readonly columns: string;
  readonly conditions: readonly Condition[];
}
export type Condition = readonly [sql: string, value: unknown];

export type CountedPage<T> = Page<T> & { readonly totalCount: number };

/** One page by keyset, and how many rows there are in all. */
export async function keysetPage<Row extends QueryResultRow & { id: string }>(
  scope: Scope,
  query: KeysetQuery,
  request: PageRequest,
): Promise<CountedPage<Row>> {
  const filter = where(query.conditions);
  const [{ count } = { count: '0' }] = await scope.db.query<{ count: string }[]>(
    `SELECT count(*) AS count FROM ${query.table} ${filter.sql}`,
    filter.values,
  );
  const { after } = request;
  if (after !== undefined && parseId(after.id) === undefined) {
    throw invalidInput('after', 'It is no cursor of this list.');
  }
  const page = where(
    after === undefined
      ? query.conditions
      : [
          ...query.conditions,
          [
            `(created_at, id) < (timestamptz 'epoch' + ? * interval '1 microsecond', '${after.id}')`,
            after.at,
          ],
        ],
  );
  const rows = await scope.db.query<(Row & { position: string })[]>(
    `SELECT ${query.columns}, (extract(epoch FROM created_at) * 1000000)::bigint::text AS position
     FROM ${query.table} ${page.sql} ORDER BY created_at DESC, id DESC LIMIT ${String(request.first + 1)}`,
    page.values,
  );
  return {
    ...toPage<Row>(rows, request, (row) => ({ at: String(row['position']), id: row.id })),
    totalCount: Number(count),
  };
}

function where(conditions: readonly Condition[]): { sql: string; values: unknown[] } {
  if (conditions.length === 0) return { sql: '', values: [] };
  const parts = conditions.map(([sql], i) => sql.replaceAll('?', `$${String(i + 1)}`));
  return {
    sql: `WHERE ${parts.map((part) => `(${part})`).join(' AND ')}`,
    values: conditions.map(([, value]) => value),
  };
}
