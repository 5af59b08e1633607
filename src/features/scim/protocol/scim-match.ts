import type { CompareOp } from './scim-filter.js';
import type { Condition, Leaf } from './scim-condition.js';
import type { Attribute } from './scim-schema.js';

/** A resource, or one value of an attribute, by the names of its schema. */
export type Values = Readonly<Record<string, unknown>>;

/** Whether the resource meets the condition; of one `value` of an attribute, for what stands in brackets behind it. */
export function matches(condition: Condition, resource: Values, value?: Values): boolean {
  switch (condition.op) {
    case 'and':
      return matches(condition.left, resource, value) && matches(condition.right, resource, value);
    case 'or':
      return matches(condition.left, resource, value) || matches(condition.right, resource, value);
    case 'not':
      return !matches(condition.condition, resource, value);
    case 'has':
      return listOf(resource[condition.attribute.name]).some((one) =>
        matches(condition.condition, resource, one as Values),
      );
    case 'pr':
      return valuesAt(condition.leaf, resource, value).some(isPresent);
    case 'compare':
      return meets(condition, valuesAt(condition.leaf, resource, value).filter(isPresent));
  }
}

/** What is not there equals null, and differs from everything else. */
function meets(
  { leaf, compare, value: wanted }: Extract<Condition, { op: 'compare' }>,
  found: readonly unknown[],
): boolean {
  const kind = leaf.sub ?? leaf.attribute;
  const operand = wanted === null ? null : folded(kind, wanted);
  const values = found.length === 0 ? [null] : found.map((one) => folded(kind, one));
  return values.some((one) => TESTS[compare](one, operand));
}

function valuesAt(
  { extension, attribute, sub }: Leaf,
  resource: Values,
  value?: Values,
): readonly unknown[] {
  if (value !== undefined) return sub === null ? [] : [value[sub.name]];
  const holder = extension === null ? resource : ((resource[extension] ?? {}) as Values);
  const values = listOf(holder[attribute.name]);
  return sub === null ? values : values.map((one) => (one as Values)[sub.name]);
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function isPresent(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || value instanceof Date || Object.keys(value).length > 0;
}

type Comparable = string | number | boolean | null;

/** As it is compared: without regard to case, unless the attribute says otherwise. */
function folded({ type, caseExact }: Attribute, value: unknown): Comparable {
  if (type === 'dateTime') return new Date(value as string | Date).getTime();
  if (typeof value === 'boolean') return value;
  const text = String(value);
  return caseExact ? text : foldCase(text);
}

/** Names that look the same to a reader are the same, as everywhere here: Unicode NFKC, lower case. */
export function foldCase(text: string): string {
  return text.normalize('NFKC').toLowerCase().normalize('NFKC');
}

type Test = (a: Comparable, b: Comparable) => boolean;

const TESTS: Readonly<Record<CompareOp, Test>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  co: ofText((a, b) => a.includes(b)),
  sw: ofText((a, b) => a.startsWith(b)),
  ew: ofText((a, b) => a.endsWith(b)),
  gt: ofOrder((order) => order > 0),
  ge: ofOrder((order) => order >= 0),
  lt: ofOrder((order) => order < 0),
  le: ofOrder((order) => order <= 0),
};

function ofText(test: (a: string, b: string) => boolean): Test {
  return (a, b) => a !== null && test(String(a), String(b));
}

function ofOrder(test: (order: number) => boolean): Test {
  return (a, b) => a !== null && test(orderOf(a, b));
}

/** Text by its UTF-8, as the database has it. */
function orderOf(a: Comparable, b: Comparable): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
