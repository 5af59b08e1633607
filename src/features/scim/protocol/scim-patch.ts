import { readValueCondition, type Condition } from './scim-condition.js';
import { parseAttributePath, parsePatchPath, type Filter, type PatchPath } from './scim-filter.js';
import { listOf, matches, type Values } from './scim-match.js';
import { scimProblem } from './scim-problem.js';
import {
  isSame,
  subAttribute,
  targetOf,
  type Attribute,
  type ResourceType,
  type Target,
} from './scim-schema.js';

export const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const MAX_OPERATIONS = 1000;
/** Values that all operations together may go through: about a second's work. */
const MAX_VALUES_SEEN = 1_000_000;

type Operation = 'add' | 'remove' | 'replace';

/**
 * The resource as it is after all operations (RFC 7644 section 3.5.2); the given one stays as it is. What is read-only may be
 * written as it stands, as directories do that send back what they have read.
 * @throws DomainError INVALID_INPUT with its scimType; nothing is then applied
 */
export function applyPatch(type: ResourceType, resource: Values, body: unknown): Values {
  const draft: Draft = { values: structuredClone(resource), valuesSeen: 0 };
  for (const operation of operationsIn(body)) applyOperation(type, draft, operation);
  return draft.values;
}

interface Draft {
  readonly values: Record<string, unknown>;
  valuesSeen: number;
}

interface PatchOperation {
  readonly op: Operation;
  readonly path: string | null;
  readonly value: unknown;
}

function operationsIn(body: unknown): PatchOperation[] {
  if (!isObject(body)) throw scimProblem('invalidSyntax', 'A JSON object was expected.');
  if (!listOf(body['schemas']).includes(PATCH_SCHEMA)) {
    throw scimProblem('invalidSyntax', `schemas must hold ${PATCH_SCHEMA}.`);
  }
  const operations = body['Operations'];
  if (!Array.isArray(operations) || operations.length === 0) {
    throw scimProblem('invalidSyntax', 'Operations must be a list of at least one.');
  }
  if (operations.length > MAX_OPERATIONS) {
    throw scimProblem('tooMany', `There may be at most ${String(MAX_OPERATIONS)} operations.`);
  }
  return operations.map(operationOf);
}

function operationOf(one: unknown): PatchOperation {
  if (!isObject(one)) throw scimProblem('invalidSyntax', 'An operation is an object.');
  const { op, path, value } = one;
  const name = typeof op === 'string' ? op.toLowerCase() : ''; // some directories write Add and Replace
  if (name !== 'add' && name !== 'remove' && name !== 'replace') {
    throw scimProblem('invalidSyntax', 'op must be add, remove or replace.');
  }
  if (value === undefined && name !== 'remove') {
    throw scimProblem('invalidValue', `${name} needs a value.`);
  }
  return { op: name, path: pathIn(path), value };
}

function pathIn(path: unknown): string | null {
  if (path === undefined || path === null) return null;
  if (typeof path === 'string') return path;
  throw scimProblem('invalidPath', 'path must be text.');
}

function applyOperation(
  type: ResourceType,
  draft: Draft,
  { op, path, value }: PatchOperation,
): void {
  if (path !== null) {
    applyAt(draft, op, { ...parsePatchPath(path), type }, value);
    return;
  }
  // RFC 7644 3.5.2.2
  if (op === 'remove') throw scimProblem('noTarget', 'remove needs a path.');
  if (!isObject(value)) throw scimProblem('invalidValue', 'Without a path, value is an object.');
  for (const [name, part] of Object.entries(value)) {
    const extension = type.extensions.find(({ id }) => isSame(id, name));
    if (extension === undefined) {
      applyAt(draft, op, { attribute: parseAttributePath(name), filter: null, type }, part);
      continue;
    }
    for (const [inner, innerPart] of Object.entries(isObject(part) ? part : {})) {
      const attribute = { ...parseAttributePath(inner), uri: extension.id };
      applyAt(draft, op, { attribute, filter: null, type }, innerPart);
    }
  }
}

function applyAt(
  draft: Draft,
  op: Operation,
  { type, attribute: path, filter }: PatchPath & { readonly type: ResourceType },
  value: unknown,
): void {
  const target = targetOf(type, path, 'invalidPath');
  const holder = holderIn(draft.values, target);
  const { attribute, sub } = target;
  draft.valuesSeen += listOf(holder[attribute.name]).length;
  if (draft.valuesSeen > MAX_VALUES_SEEN) {
    throw scimProblem('tooMany', 'Send fewer operations at once for so many values.');
  }
  if ((sub ?? attribute).mutability === 'readOnly' || attribute.mutability === 'readOnly') {
    refuseChange(holder, target, value);
    return;
  }
  if (filter !== null) applyToValues(holder, op, { target, filter }, value);
  else if (sub !== null) applyToPart(holder, op, { attribute, sub }, value);
  else if (attribute.multiValued) applyToList(holder, op, attribute, value);
  else applyToSingle(holder, op, attribute, value);
}

function holderIn(values: Record<string, unknown>, { extension }: Target): Record<string, unknown> {
  if (extension === null) return values;
  const holder = isObject(values[extension]) ? values[extension] : {};
  values[extension] = holder;
  return holder;
}

function refuseChange(holder: Values, { attribute, sub }: Target, value: unknown): void {
  const present = holder[attribute.name];
  const own = sub === null ? present : isObject(present) ? present[sub.name] : undefined;
  if (JSON.stringify(own) !== JSON.stringify(value)) {
    throw scimProblem('mutability', `${attribute.name} is read-only.`);
  }
}

function applyToSingle(
  holder: Record<string, unknown>,
  op: Operation,
  attribute: Attribute,
  value: unknown,
): void {
  const { name, type, required } = attribute;
  if (op === 'remove' || value === null) {
    if (required) throw scimProblem('invalidValue', `${name} is required.`);
    holder[name] = undefined;
  } else if (type !== 'complex') {
    holder[name] = value;
  } else {
    // RFC 7644 3.5.2.1 and 3.5.2.3: the parts that are given are set, the others stay.
    const present = isObject(holder[name]) ? holder[name] : {};
    holder[name] = { ...present, ...partsOf(attribute, value) };
  }
}

function applyToPart(
  holder: Record<string, unknown>,
  op: Operation,
  { attribute, sub }: { readonly attribute: Attribute; readonly sub: Attribute },
  value: unknown,
): void {
  const part = op === 'remove' ? undefined : value;
  const present = holder[attribute.name];
  if (!attribute.multiValued) {
    holder[attribute.name] = { ...(isObject(present) ? present : {}), [sub.name]: part };
    return;
  }
  const values = listOf(present) as readonly Values[];
  // Without a filter all values are meant; where there is none yet, there is one now.
  const targets = values.length === 0 && op !== 'remove' ? [{}] : values;
  holder[attribute.name] = targets.map((one) => ({ ...one, [sub.name]: part }));
}

function applyToList(
  holder: Record<string, unknown>,
  op: Operation,
  attribute: Attribute,
  value: unknown,
): void {
  const { name } = attribute;
  const present = listOf(holder[name]);
  if (op === 'remove') {
    // Some directories name what is to go in value instead of a filter.
    const gone = listOf(value).map((one) => elementOf(attribute, one));
    holder[name] = gone.length === 0 ? [] : without(present, gone);
    return;
  }
  const given = listOf(value).map((one) => elementOf(attribute, one));
  holder[name] = op === 'replace' ? given : withAdded(present, given);
}

function applyToValues(
  holder: Record<string, unknown>,
  op: Operation,
  { target: { attribute, sub }, filter }: { readonly target: Target; readonly filter: Filter },
  value: unknown,
): void {
  if (!attribute.multiValued || attribute.type !== 'complex') {
    throw scimProblem('invalidPath', `${attribute.name} has no values to choose from.`);
  }
  const condition = readValueCondition(filter, attribute);
  const values = listOf(holder[attribute.name]) as readonly Values[];
  const isMeant = (one: Values): boolean => matches(condition, {}, one);
  if (op === 'remove' && sub === null) {
    holder[attribute.name] = values.filter((one) => !isMeant(one));
    return;
  }
  const part = op === 'remove' ? undefined : value;
  const changes = sub === null ? partsOf(attribute, part) : { [sub.name]: part };
  if (values.some(isMeant)) {
    holder[attribute.name] = values.map((one) => (isMeant(one) ? { ...one, ...changes } : one));
  } else if (op === 'add') {
    // A value that does not exist yet is made, as the filter describes it.
    holder[attribute.name] = [...values, { ...describedBy(condition), ...changes }];
  } else if (op === 'replace') {
    throw scimProblem('noTarget', 'No value fits the filter of the path.'); // RFC 7644 3.5.2.3
  }
}

function describedBy(condition: Condition): Values {
  if (condition.op === 'and') {
    return { ...describedBy(condition.left), ...describedBy(condition.right) };
  }
  const isNamed = condition.op === 'compare' && condition.compare === 'eq';
  if (!isNamed || condition.leaf.sub === null) {
    throw scimProblem('noTarget', 'No value fits the filter of the path.');
  }
  return { [condition.leaf.sub.name]: condition.value };
}

function withAdded(present: readonly unknown[], added: readonly Values[]): readonly unknown[] {
  const isPrimary = added.some((one) => one['primary'] === true);
  const kept = present.map((one) =>
    isPrimary && isObject(one) && one['primary'] === true ? { ...one, primary: false } : one,
  );
  return [...without(kept, added), ...added];
}

/** Values are the same where their `value` is: the rest describes them. */
function without(present: readonly unknown[], gone: readonly Values[]): readonly unknown[] {
  const keys = new Set(gone.map(({ value }) => value));
  return present.filter((one) => !isObject(one) || !keys.has(one['value']));
}

/** A value that is given as text alone means its `value`. */
function elementOf(attribute: Attribute, one: unknown): Values {
  return isObject(one) ? partsOf(attribute, one) : { value: one };
}

function partsOf(attribute: Attribute, value: unknown): Values {
  if (!isObject(value)) throw scimProblem('invalidValue', `${attribute.name} is an object.`);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) => {
      const sub = subAttribute(attribute, name);
      return sub === undefined ? [] : [[sub.name, part] as const];
    }),
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
