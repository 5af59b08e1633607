import type { CompareOp, CompareValue, Filter } from './scim-filter.js';
import { scimProblem } from './scim-problem.js';
import { subAttribute, targetOf, type Attribute, type ResourceType } from './scim-schema.js';

/** A filter whose attributes are known to be there, and whose values are known to fit them. */
export type Condition =
  | { readonly op: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly op: 'not'; readonly condition: Condition }
  | { readonly op: 'pr'; readonly leaf: Leaf }
  | {
      readonly op: 'compare';
      readonly compare: CompareOp;
      readonly leaf: Leaf;
      readonly value: Operand;
    }
  | { readonly op: 'has'; readonly attribute: Attribute; readonly condition: Condition };

export type Operand = string | boolean | Date | null;

/** What is looked at: an attribute, or one part of it. Within `has`, one part of one value of it. */
export interface Leaf {
  readonly extension: string | null;
  readonly attribute: Attribute;
  readonly sub: Attribute | null;
}

const ORDERING: readonly CompareOp[] = ['gt', 'ge', 'lt', 'le'];
const PARTIAL: readonly CompareOp[] = ['co', 'sw', 'ew'];
/** RFC 3339, as RFC 7643 2.3.5 wants it. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/** @throws DomainError INVALID_INPUT with scimType invalidFilter */
export function readCondition(filter: Filter, type: ResourceType): Condition {
  return conditionOf(filter, (path) => leafIn(type, path));
}

/** Of a filter that stands behind a multi-valued attribute. @throws DomainError INVALID_INPUT with scimType invalidFilter */
export function readValueCondition(filter: Filter, attribute: Attribute): Condition {
  return conditionOf(filter, ({ uri, name, sub }) => {
    const part = uri === null && sub === null ? subAttribute(attribute, name) : undefined;
    if (part === undefined) throw unknown(`${attribute.name} has no such part.`);
    return { extension: null, attribute, sub: part };
  });
}

type LeafOf = (path: Extract<Filter, { op: 'pr' }>['path']) => Leaf;

function conditionOf(filter: Filter, leafOf: LeafOf): Condition {
  switch (filter.op) {
    case 'and':
    case 'or': {
      const left = conditionOf(filter.left, leafOf);
      return { op: filter.op, left, right: conditionOf(filter.right, leafOf) };
    }
    case 'not':
      return { op: 'not', condition: conditionOf(filter.filter, leafOf) };
    case 'has': {
      const { attribute } = leafOf(filter.path);
      const isMany = attribute.multiValued && attribute.type === 'complex';
      if (!isMany) throw unknown(`${attribute.name} has no values to choose from.`);
      return { op: 'has', attribute, condition: readValueCondition(filter.filter, attribute) };
    }
    case 'pr':
      return { op: 'pr', leaf: leafOf(filter.path) };
    case 'compare':
      return comparison(filter.compare, comparable(leafOf(filter.path)), filter.value);
  }
}

function leafIn(type: ResourceType, path: Parameters<LeafOf>[0]): Leaf {
  return targetOf(type, path, 'invalidFilter');
}

/** Several values are compared by what each of them is about: RFC 7643 section 2.4. */
function comparable(leaf: Leaf): Leaf {
  const { attribute, sub } = leaf;
  if (sub !== null || attribute.type !== 'complex') return leaf;
  const value = attribute.multiValued ? subAttribute(attribute, 'value') : undefined;
  if (value === undefined) throw unknown(`${attribute.name} has parts: name one.`);
  return { ...leaf, sub: value };
}

function comparison(compare: CompareOp, leaf: Leaf, value: CompareValue): Condition {
  const { type, name } = leaf.sub ?? leaf.attribute;
  if (value === null) {
    if (compare !== 'eq' && compare !== 'ne') throw unknown('null is compared by eq and ne.');
    return { op: 'compare', compare, leaf, value };
  }
  if (!isComparable(type, compare)) throw unknown(`${name} cannot be compared by ${compare}.`);
  const operand = operandOf(type, value);
  if (operand === undefined) throw unknown(`This is no value for ${name}.`);
  return { op: 'compare', compare, leaf, value: operand };
}

/** RFC 7644 3.4.2.2: there is no greater and no less between true and false, and only text has parts. */
function isComparable(type: Attribute['type'], compare: CompareOp): boolean {
  if (type === 'string' || type === 'reference') return true;
  return !PARTIAL.includes(compare) && (type !== 'boolean' || !ORDERING.includes(compare));
}

function operandOf(
  type: Attribute['type'],
  value: Exclude<CompareValue, null>,
): Exclude<Operand, null> | undefined {
  if (type === 'boolean') return booleanOf(value);
  if (typeof value !== 'string') return undefined;
  if (type !== 'dateTime') return value;
  const instant = DATE_TIME.test(value) ? new Date(value) : undefined;
  return instant === undefined || Number.isNaN(instant.getTime()) ? undefined : instant;
}

/** Some directories write them as text, with a capital letter. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  return text === 'true' || text === 'false' ? text === 'true' : undefined;
}

function unknown(detail: string): Error {
  return scimProblem('invalidFilter', detail);
}
