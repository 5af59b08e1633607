import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { ChangeScope } from '../scope.js';

/**
 * Stores many rows by one statement with one parameter, however many columns they have. Each row has the same properties; columns
 * of others get what the database gives them. So many at a time that neither side holds much: a thousand.
 */
export async function insertAll<Row extends ObjectLiteral>(
  scope: ChangeScope,
  entity: EntityTarget<Row>,
  rows: readonly Row[],
): Promise<void> {
  const [sample] = rows;
  if (sample === undefined) return;
  const { tableName, columns } = scope.db.dataSource.getMetadata(entity);
  const written = columns.filter(({ propertyName }) => Object.hasOwn(sample, propertyName));
  const names = written.map(({ databaseName }) => `"${databaseName}"`).join(', ');
  const records = rows.map((row) =>
    Object.fromEntries(
      written.map(({ databaseName, propertyName }) => [
        databaseName,
        inJson(row[propertyName as keyof Row]),
      ]),
    ),
  );
  await scope.sql(
    `bulk-insert.${tableName}.${String(written.length)}`,
    `INSERT INTO "${tableName}" (${names}) SELECT ${names} FROM json_populate_recordset(NULL::"${tableName}", $1::json)`,
    [JSON.stringify(records)],
  );
}

/** As PostgreSQL reads bytes in a text. */
function inJson(value: unknown): unknown {
  return Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value;
}
