import type { Condition, Leaf, Operand } from './protocol/scim-condition.js';
import type { CompareOp } from './protocol/scim-filter.js';
import { foldCase } from './protocol/scim-match.js';
import { scimProblem } from './protocol/scim-problem.js';

/** Where an attribute, or a part of one (`name.givenName`), is found. */
interface Column {
  readonly sql: string;
  /** How text is compared: as it is, in lower case, as an id, or as a name's key that is stored (`key`). */
  readonly kind: 'exact' | 'text' | 'uuid' | 'key' | 'boolean' | 'dateTime';
  /** A faster way to equal values, with `?` for the value. */
  readonly equals?: string;
}

/** What a list is filtered by. */
export interface Filterable {
  readonly columns: Readonly<Record<string, Column>>;
  /** Attributes with several values: a FROM clause with its WHERE, and the columns of their parts. */
  readonly collections: Readonly<
    Record<string, { readonly from: string; readonly columns: Readonly<Record<string, Column>> }>
  >;
}

export interface SqlCondition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/**
 * The condition in SQL; its values come after `offset` others. Every part is true or false, never null, so that negations hold.
 * @throws DomainError INVALID_INPUT with scimType invalidFilter for what is not stored
 */
export function toSql(condition: Condition, table: Filterable, offset: number): SqlCondition {
  const writer = new ConditionWriter(table, offset);
  return { sql: writer.write(condition), values: writer.values };
}

const OPERATORS = { gt: '>', ge: '>=', lt: '<', le: '<=' } as const;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

class ConditionWriter {
  readonly values: unknown[] = [];

  constructor(
    private readonly table: Filterable,
    private readonly offset: number,
  ) {}

  write(condition: Condition, columns?: Filterable['columns']): string {
    switch (condition.op) {
      case 'and':
      case 'or': {
        const left = this.write(condition.left, columns);
        return `(${left} ${condition.op} ${this.write(condition.right, columns)})`;
      }
      case 'not':
        return `(NOT ${this.write(condition.condition, columns)})`;
      case 'has':
        return this.has(condition.attribute.name, condition.condition);
      case 'pr':
        return this.leaf(condition.leaf, columns, ({ sql }) => `(${sql} IS NOT NULL)`);
      case 'compare': {
        const { leaf, compare, value } = condition;
        const test = (column: Column): string => this.compare(column, compare, value);
        // Of several values none equals null: it is what there is where there are none.
        const isAbsence = (compare === 'eq') === (value === null) && isEquality(compare);
        return this.leaf(leaf, columns, test, { isAbsence });
      }
    }
  }

  /** One value that stands in a column alone is as good as a list of one. */
  private has(name: string, condition: Condition): string {
    const collection = this.table.collections[name];
    if (collection !== undefined) {
      return `EXISTS (SELECT 1 FROM ${collection.from} AND ${this.write(condition, collection.columns)})`;
    }
    const parts = Object.entries(this.table.columns)
      .filter(([path]) => path.startsWith(`${name}.`))
      .map(([path, column]) => [path.slice(name.length + 1), column] as const);
    const own = this.column(`${name}.value`, undefined);
    return `(${own.sql} IS NOT NULL AND ${this.write(condition, Object.fromEntries(parts))})`;
  }

  /** @param isAbsence whether it holds where there is no value at all */
  private leaf(
    leaf: Leaf,
    columns: Filterable['columns'] | undefined,
    test: (column: Column) => string,
    { isAbsence } = { isAbsence: false },
  ): string {
    const { attribute, sub } = leaf;
    if (columns !== undefined) return test(this.column(sub?.name ?? '', columns));
    const collection = this.table.collections[attribute.name];
    if (collection === undefined) return this.single(leaf, test);
    const tested = test(this.column(sub?.name ?? 'value', collection.columns));
    const some = `EXISTS (SELECT 1 FROM ${collection.from} AND ${tested})`;
    return isAbsence ? `(${some} OR NOT EXISTS (SELECT 1 FROM ${collection.from}))` : some;
  }

  private single({ attribute, sub }: Leaf, test: (column: Column) => string): string {
    if (sub !== null) return test(this.column(`${attribute.name}.${sub.name}`, undefined));
    const own = this.table.columns[attribute.name];
    if (own !== undefined) return test(own);
    const parts = Object.entries(this.table.columns)
      .filter(([path]) => path.startsWith(`${attribute.name}.`))
      .map(([, column]) => test(column));
    if (parts.length === 0) throw notStored();
    return `(${parts.join(' OR ')})`;
  }

  private column(path: string, columns: Filterable['columns'] = this.table.columns): Column {
    const column = columns[path];
    if (column === undefined) throw notStored();
    return column;
  }

  private compare(column: Column, op: CompareOp, value: Operand): string {
    if (value === null) return `(${column.sql} IS ${op === 'eq' ? '' : 'NOT '}NULL)`;
    if (op === 'ne') return `(NOT ${this.compare(column, 'eq', value)})`;
    const isMatching = op === 'eq' ? this.equals(column, value) : this.other(column, op, value);
    return `COALESCE(${isMatching}, FALSE)`;
  }

  private equals(column: Column, value: Exclude<Operand, null>): string {
    const { sql, kind, equals } = column;
    if (kind === 'uuid') {
      const isId = typeof value === 'string' && UUID.test(value);
      return isId ? `${sql} = ${this.value(value)}::uuid` : 'FALSE';
    }
    if (equals !== undefined) return equals.replaceAll('?', this.value(storable(value)));
    return `${expressionOf(column)} = ${this.operand(column, value)}`;
  }

  private other(
    column: Column,
    op: Exclude<CompareOp, 'eq' | 'ne'>,
    value: Exclude<Operand, null>,
  ): string {
    const expression = expressionOf(column);
    const operand = this.operand(column, value);
    if (op === 'co') return `position(${operand} IN ${expression}) > 0`;
    if (op === 'sw') return `starts_with(${expression}, ${operand})`;
    if (op === 'ew') return `right(${expression}, length(${operand})) = ${operand}`;
    const collation = column.kind === 'dateTime' ? '' : ' COLLATE "C"';
    return `${expression}${collation} ${OPERATORS[op]} ${operand}${collation}`;
  }

  private operand({ kind }: Column, value: Exclude<Operand, null>): string {
    if (kind === 'boolean') return `${this.value(value)}::boolean`;
    if (kind === 'dateTime') return `${this.value(value)}::timestamptz`;
    const text = storable(value);
    return `${this.value(kind === 'exact' || kind === 'uuid' ? text : foldCase(String(text)))}::text`;
  }

  private value(value: unknown): string {
    this.values.push(value);
    return `$${String(this.offset + this.values.length)}`;
  }
}

function isEquality(compare: CompareOp): boolean {
  return compare === 'eq' || compare === 'ne';
}

/** Instants are told in milliseconds, and kept in microseconds. */
function expressionOf({ sql, kind }: Column): string {
  switch (kind) {
    case 'exact':
    case 'key':
    case 'boolean':
      return sql;
    case 'uuid':
      return `(${sql})::text`;
    case 'dateTime':
      return `date_trunc('milliseconds', ${sql})`;
    case 'text':
      return `normalize(lower(normalize(${sql}, NFKC)), NFKC)`;
  }
}

/** PostgreSQL stores no NUL: what has one equals nothing that is stored, nor is it part of it. */
function storable(value: Exclude<Operand, null>): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\u{10FFFF}') : value;
}

function notStored(): Error {
  return scimProblem('invalidFilter', 'This attribute cannot be filtered by.');
}
