import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ArgumentValidationError } from 'type-graphql';
import { DomainError, PROBLEMS, type Facts, type ProblemCode } from '../../kernel/errors.js';
import type { Logger } from '../../platform/logger.js';
import { isTokenLimit } from './documents.js';
import { fieldProblems } from './input-validation.js';
import { limitError } from './limits.js';

/** What an error is: a problem that the caller may read, a request that does not fit the schema, or a bug. */
type Kind =
  | { readonly kind: 'problem'; readonly code: ProblemCode; readonly facts: Facts }
  | { readonly kind: 'request'; readonly error: GraphQLError }
  | { readonly kind: 'bug'; readonly cause: unknown };

/** The only road by which an error reaches a GraphQL client, over HTTP and over WebSocket alike. */
export function toClientError(
  formatted: GraphQLFormattedError,
  thrown: unknown,
  { introspection }: { introspection: boolean },
): GraphQLFormattedError {
  const kind = kindOf(thrown);
  switch (kind.kind) {
    case 'problem':
      return clientError(formatted, kind.code, kind.facts);
    case 'request':
      return requestError(formatted, kind.error, introspection);
    case 'bug':
      return clientError(formatted, 'INTERNAL', {});
  }
}

/** Logs what nobody foresaw, each cause once, with the request it happened in. */
export function logBugs(log: Logger, requestId: string, errors: readonly unknown[]): void {
  const causes = new Set<unknown>();
  for (const error of errors) {
    const kind = kindOf(error);
    if (kind.kind === 'bug') causes.add(kind.cause);
  }
  for (const error of causes) log.error({ error, requestId }, 'unexpected error');
}

/** An INTERNAL says by which id its cause is found in the log. */
export function withRequestId(
  error: GraphQLFormattedError,
  requestId: string,
): GraphQLFormattedError {
  if (error.extensions?.['code'] !== 'INTERNAL') return error;
  return { ...error, extensions: { ...error.extensions, requestId } };
}

/** A bug where there is no list of errors to put it in: told by its request id only, and to be logged by the caller. */
export function internalAnswer(cause: unknown, requestId: string): GraphQLError {
  const problem = new DomainError('INTERNAL', { requestId }, { cause });
  return new GraphQLError(problem.message, {
    originalError: problem,
    extensions: { http: { status: PROBLEMS.INTERNAL.status } },
  });
}

/** The problem that an error is, or was made from. */
export function problemIn(thrown: unknown): DomainError | undefined {
  if (thrown instanceof DomainError) return thrown;
  return thrown instanceof GraphQLError ? problemIn(thrown.originalError) : undefined;
}

function kindOf(thrown: unknown): Kind {
  const problem = problemIn(thrown);
  if (problem !== undefined) {
    return { kind: 'problem', code: problem.code, facts: problem.facts };
  }
  const cause = innermost(thrown);
  if (cause instanceof ArgumentValidationError) {
    return { kind: 'problem', code: 'INVALID_INPUT', facts: factsOf(cause) };
  }
  return thrown instanceof GraphQLError && isRequestError(thrown, cause)
    ? { kind: 'request', error: thrown }
    : { kind: 'bug', cause };
}

/** Apollo and graphql-js wrap errors in errors. */
function innermost(thrown: unknown): unknown {
  return thrown instanceof GraphQLError && thrown.originalError !== undefined
    ? innermost(thrown.originalError)
    : thrown;
}

/** Syntax, validation and the like: graphql-js itself is the origin, and nothing has run yet, so there is no path. */
function isRequestError(thrown: GraphQLError, cause: unknown): boolean {
  return thrown.path === undefined && cause instanceof GraphQLError;
}

function factsOf({ extensions }: ArgumentValidationError): Facts {
  const problems = fieldProblems(extensions.validationErrors, '');
  return { fields: problems.map(({ field, message }) => ({ field, message })) };
}

function requestError(
  formatted: GraphQLFormattedError,
  error: GraphQLError,
  introspection: boolean,
): GraphQLFormattedError {
  if (isTokenLimit(error)) return limitError('tokens').toJSON();
  const { limit, maximum } = error.extensions;
  return {
    ...formatted,
    message: introspection ? formatted.message : withoutSuggestions(formatted.message),
    extensions: { code: 'INVALID_INPUT', ...(limit === undefined ? {} : { limit, maximum }) },
  };
}

/** graphql-js suggests names that do exist, which is introspection by guessing. */
function withoutSuggestions(message: string): string {
  return message.replace(/ Did you mean .*$/s, '');
}

function clientError(
  at: GraphQLFormattedError,
  code: ProblemCode,
  facts: Facts,
): GraphQLFormattedError {
  return { ...at, message: PROBLEMS[code].title, extensions: { code, ...facts } };
}
