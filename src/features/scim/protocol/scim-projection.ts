import { parseAttributePath } from './scim-filter.js';
import { listOf, type Values } from './scim-match.js';
import { scimProblem } from './scim-problem.js';
import { findTarget, type ResourceType, type Target } from './scim-schema.js';

/** Which attributes an answer holds: RFC 7644 section 3.9. */
export interface Projection {
  readonly attributes: readonly Target[] | null;
  readonly excluded: readonly Target[];
}

/** More than there are, and few enough to be looked for in each part of each resource. */
const MAX_NAMES = 100;
const ALWAYS: ReadonlySet<string> = new Set(['schemas', 'id']);

/** Names that the type does not have ask for nothing. @throws DomainError INVALID_INPUT where both are given, or too many */
export function readProjection(
  type: ResourceType,
  attributes: readonly string[],
  excludedAttributes: readonly string[],
): Projection {
  if (attributes.length > 0 && excludedAttributes.length > 0) {
    throw scimProblem('invalidValue', 'attributes and excludedAttributes exclude each other.');
  }
  if (attributes.length > MAX_NAMES || excludedAttributes.length > MAX_NAMES) {
    throw scimProblem('invalidValue', `At most ${String(MAX_NAMES)} attributes are named.`);
  }
  const targets = (names: readonly string[]): Target[] =>
    names.flatMap((name) => findTarget(type, parseAttributePath(name)) ?? []);
  return {
    attributes: attributes.length === 0 ? null : targets(attributes),
    excluded: targets(excludedAttributes),
  };
}

export function project(resource: Values, { attributes, excluded }: Projection): Values {
  const kept = attributes === null ? resource : only(resource, attributes);
  return excluded.length === 0 ? kept : except(kept, excluded);
}

/** Whether the answer is to hold this attribute: some are costly to read. */
export function isWanted({ attributes, excluded }: Projection, name: string): boolean {
  const names = (target: Target): boolean => target.attribute.name === name;
  if (excluded.some((target) => names(target) && target.sub === null)) return false;
  return attributes === null || attributes.some(names);
}

function only(resource: Values, targets: readonly Target[]): Values {
  const entries = Object.entries(resource).flatMap(([name, value]) => {
    if (ALWAYS.has(name)) return [[name, value] as const];
    const part = chosen(name, value, targets);
    return part === undefined ? [] : [[name, part] as const];
  });
  return Object.fromEntries(entries);
}

function chosen(name: string, value: unknown, targets: readonly Target[]): unknown {
  const own = targets.filter(({ extension, attribute }) => (extension ?? attribute.name) === name);
  if (own.length === 0) return undefined;
  const parts = own.map(({ extension, attribute, sub }) =>
    extension === null ? sub?.name : attribute.name,
  );
  if (parts.includes(undefined)) return value;
  return eachPart(value, (part) => parts.includes(part));
}

function except(resource: Values, targets: readonly Target[]): Values {
  const entries = Object.entries(resource).flatMap(([name, value]) => {
    const own = targets.filter(
      ({ extension, attribute }) => (extension ?? attribute.name) === name,
    );
    if (own.length === 0 || ALWAYS.has(name)) return [[name, value] as const];
    if (own.some(({ extension, sub }) => extension === null && sub === null)) return [];
    const parts = own.map(({ extension, attribute, sub }) =>
      extension === null ? sub?.name : attribute.name,
    );
    return [[name, eachPart(value, (part) => !parts.includes(part))] as const];
  });
  return Object.fromEntries(entries);
}

function eachPart(value: unknown, isKept: (part: string) => boolean): unknown {
  const cut = (one: unknown): Values =>
    Object.fromEntries(Object.entries(one as Values).filter(([part]) => isKept(part)));
  return Array.isArray(value) ? listOf(value).map(cut) : cut(value);
}
