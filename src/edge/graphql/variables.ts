import {
  coerceInputValue,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  valueFromAST,
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { DomainError } from '../../kernel/errors.js';
import type { FieldProblem } from './input-validation.js';

export type Variables = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

const MAX_PROBLEMS = 20;

/**
 * Variable values as the operation declares them. graphql-js does the same, but repeats refused values in its messages.
 * @throws DomainError INVALID_INPUT with the path of each refused field
 */
export function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  given: Variables,
): Record<string, unknown> {
  const problems: FieldProblem[] = [];
  const coerced: Record<string, unknown> = {};
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    if (!isInputType(type)) continue; // validation has refused it already
    if (Object.hasOwn(given, name)) {
      coerced[name] = coerceInputValue(given[name], type, (path, _value, error) => {
        problems.push(problemAt(name, path, { type, error }));
      });
    } else if (definition.defaultValue !== undefined) {
      coerced[name] = valueFromAST(definition.defaultValue, type);
    } else if (isNonNullType(type)) {
      problems.push({ field: name, message: `A value of type ${String(type)} is required.` });
    }
  }
  if (problems.length > 0) throw invalidVariables(problems);
  return coerced;
}

function invalidVariables(problems: readonly FieldProblem[]): DomainError {
  return new DomainError('INVALID_INPUT', {
    fields: problems.slice(0, MAX_PROBLEMS).map(({ field, message }) => ({ field, message })),
  });
}

function problemAt(
  name: string,
  path: Path,
  { type, error }: { type: GraphQLInputType; error: GraphQLError },
): FieldProblem {
  const field = [name, ...path].join('.');
  const missing = /^Field "(\w+)" of required type "([^"]+)" was not provided/.exec(error.message);
  if (missing?.[1] !== undefined && missing[2] !== undefined) {
    return {
      field: `${field}.${missing[1]}`,
      message: `A value of type ${missing[2]} is required.`,
    };
  }
  const unknown = /^Field "(\w{1,64})" is not defined by type "(\w+)"/.exec(error.message);
  if (unknown?.[1] !== undefined && unknown[2] !== undefined) {
    return {
      field: `${field}.${unknown[1]}`,
      message: `It is no field of type ${unknown[2]}.`,
    };
  }
  return { field, message: `It must be a value of type ${String(typeAt(type, path))}.` };
}

function typeAt(type: GraphQLInputType, path: Path): GraphQLInputType {
  const [key, ...rest] = path;
  if (key === undefined) return type;
  const bare = isNonNullType(type) ? type.ofType : type;
  if (isListType(bare)) return typeAt(bare.ofType, rest);
  const field = isInputObjectType(bare) ? bare.getFields()[key] : undefined;
  return field === undefined ? type : typeAt(field.type, rest);
}
