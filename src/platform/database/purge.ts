import type { ChangeScope } from '../scope.js';

/** So many rows at a time, that no purge holds others up for long. */
const BATCH = 5000;

/** Rows that nobody needs any more: SQL, and nothing in it from outside. */
export interface Outdated {
  readonly table: string;
  /** Columns of the primary key, parted by commas. */
  readonly key?: string;
  readonly where: string;
}

/** Deletes one batch of them; not a row that has come to be needed again meanwhile. */
export async function purge(
  scope: ChangeScope,
  { table, key = 'id', where }: Outdated,
): Promise<void> {
  await scope.sql(
    `purge.${table}`,
    `DELETE FROM ${table} WHERE ${where} AND (${key}) IN (
       SELECT ${key} FROM ${table} WHERE ${where} LIMIT $1)`,
    [BATCH],
  );
}
