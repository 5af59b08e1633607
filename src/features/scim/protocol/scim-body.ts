import { createHash } from 'node:crypto';
import { booleanOf } from './scim-condition.js';
import { listOf, type Values } from './scim-match.js';
import { isObject } from './scim-patch.js';
import { scimProblem } from './scim-problem.js';
import { findTarget, subAttribute, type Attribute, type ResourceType } from './scim-schema.js';

/**
 * What a body says of a resource, by the names of the schema. What the type does not have, and what is read-only, is left out:
 * RFC 7644 section 3.3.
 * @throws DomainError INVALID_INPUT with scimType invalidSyntax
 */
export function readBody(type: ResourceType, body: unknown): Values {
  if (!isObject(body)) throw scimProblem('invalidSyntax', 'A JSON object was expected.');
  const schemas = listOf(body['schemas']).map((one) => String(one).toLowerCase());
  if (!schemas.includes(type.schema.id.toLowerCase())) {
    throw scimProblem('invalidSyntax', `schemas must hold ${type.schema.id}.`);
  }
  const values = Object.entries(body).flatMap(([name, value]) => {
    const target = findTarget(type, { uri: null, name, sub: null });
    const isOurs = target !== undefined && target.attribute.mutability !== 'readOnly';
    return isOurs ? [[target.attribute.name, partsIn(target.attribute, value)] as const] : [];
  });
  return Object.fromEntries(values);
}

function partsIn(attribute: Attribute, value: unknown): unknown {
  if (attribute.type !== 'complex' || value === null) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => partsIn(attribute, one));
  if (!isObject(value)) return attribute.multiValued ? { value } : value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) => {
      const sub = subAttribute(attribute, name);
      return sub === undefined ? [] : [[sub.name, part] as const];
    }),
  );
}

/** Text, or null where there is none. @throws DomainError INVALID_INPUT with scimType invalidValue */
export function textIn(values: Values, name: string): string | null {
  const value = values[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') throw scimProblem('invalidValue', `${name} must be text.`);
  return value;
}

/** @throws DomainError INVALID_INPUT with scimType invalidValue */
export function flagIn(values: Values, name: string, otherwise: boolean): boolean {
  const value = values[name];
  if (value === undefined || value === null) return otherwise;
  const flag = booleanOf(value);
  if (flag === undefined) throw scimProblem('invalidValue', `${name} must be true or false.`);
  return flag;
}

/** @throws DomainError INVALID_INPUT with scimType invalidValue */
export function objectsIn(values: Values, name: string): readonly Values[] {
  return listOf(values[name]).map((one) => {
    if (!isObject(one)) throw scimProblem('invalidValue', `${name} must be a list of objects.`);
    return one;
  });
}

/** Weak, as the order of its parts says nothing: RFC 7644 section 3.14. */
export function versionOf(resource: Values): string {
  const digest = createHash('sha256').update(JSON.stringify(resource)).digest('base64url');
  return `W/"${digest.slice(0, 22)}"`;
}

/** Whether a caller who has seen one of these versions may change this one; null where he did not say. */
export function isVersion(version: string, ifMatch: string | null): boolean {
  if (ifMatch === null) return true;
  const wanted = ifMatch.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return wanted.includes('*') || wanted.includes(version.replace(/^W\//, ''));
}
