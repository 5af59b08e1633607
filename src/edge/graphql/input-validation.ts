import { validate, type ValidationError } from 'class-validator';
import {
  getNamedType,
  isInputObjectType,
  type GraphQLArgument,
  type GraphQLResolveInfo,
} from 'graphql';
import type { ResolverData } from 'type-graphql';
import { DomainError } from '../../kernel/errors.js';

const OPTIONS = {
  skipMissingProperties: true,
  forbidUnknownValues: false,
  validationError: { target: false, value: false },
};

/** One refused input field: its path from the argument down, such as `input.requests.0.csr`, and why. Never its value. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/**
 * Holds an argument against its class-validator decorators.
 * @throws DomainError INVALID_INPUT with the path of each refused field
 */
export async function validateInput(
  value: object | undefined,
  _type: unknown,
  { info }: ResolverData,
): Promise<void> {
  const problems = await problemsIn(value, argumentName(value, info));
  if (problems.length > 0) {
    throw new DomainError('INVALID_INPUT', {
      fields: problems.map(({ field, message }) => ({ field, message })),
    });
  }
}

async function problemsIn(value: unknown, path: string): Promise<FieldProblem[]> {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    const each = await Promise.all(
      value.map((item, index) => problemsIn(item, join(path, String(index)))),
    );
    return each.flat();
  }
  return fieldProblems(await validate(value, OPTIONS), path);
}

/** Flattens what class-validator found below `path`. */
export function fieldProblems(errors: readonly ValidationError[], path: string): FieldProblem[] {
  return errors.flatMap(({ property, constraints, children }) => {
    const field = join(path, property);
    const own = Object.values(constraints ?? {}).map((message) => ({ field, message }));
    return [...own, ...fieldProblems(children ?? [], field)];
  });
}

/** type-graphql does not say which argument it is: it is the one of an input type that is not itself a field of `value`. */
function argumentName(value: unknown, info: GraphQLResolveInfo): string {
  const field = info.parentType.getFields()[info.fieldName];
  const named = field?.args.find(
    (argument) => takesInputObject(argument) && !isFieldOf(value, argument.name),
  );
  return named?.name ?? '';
}

function takesInputObject({ type }: GraphQLArgument): boolean {
  return isInputObjectType(getNamedType(type));
}

function isFieldOf(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}

function join(path: string, property: string): string {
  return path === '' ? property : `${path}.${property}`;
}
