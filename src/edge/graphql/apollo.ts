import {
  ApolloServer,
  HeaderMap,
  type ApolloServerPlugin,
  type GraphQLRequestListener,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import {
  GraphQLError,
  type GraphQLFormattedError,
  OperationTypeNode,
  type OperationDefinitionNode,
} from 'graphql';
import type { RequestContext } from '../../kernel/actor.js';
import { PROBLEMS, type DomainError } from '../../kernel/errors.js';
import type { Logger } from '../../platform/logger.js';
import { challengeFor } from './challenge.js';
import { logBugs, problemIn, toClientError, withRequestId } from './errors.js';
import { nameOf, noOperation, type Pipeline } from './execute.js';

/** What the HTTP side knows of a request, and learns from its operation. */
export interface HttpOperation {
  readonly hasBearerToken: boolean;
  name: string | null;
}

/** What resolvers see over HTTP; they read no more of it than a RequestContext. */
export interface HttpContext extends RequestContext {
  readonly http: HttpOperation;
}

/** Apollo with everything left out that phones home, guesses or shows a page of its own; not started yet. */
export function createApollo(pipeline: Pipeline, log: Logger): ApolloServer<HttpContext> {
  const { documents, introspection } = pipeline;
  return new ApolloServer<HttpContext>({
    schema: pipeline.schema,
    introspection: true, // off by a rule of our own, the same for WebSocket
    documentStore: documents.cache,
    parseOptions: documents.parseOptions,
    validationRules: documents.rules,
    validationOptions: documents.validationOptions,
    formatError: (formatted, thrown) => toClientError(formatted, thrown, { introspection }),
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    logger: quietLogger(log),
    stringifyResult: (value) => JSON.stringify(value),
    plugins: [
      judgeFirst(pipeline, log),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

/** An error that is the whole answer: with the HTTP status of its code and, where signing in helps, the challenge. */
export function wholeAnswer(error: unknown, { hasBearerToken }: HttpOperation): unknown {
  const problem = problemIn(error);
  if (problem !== undefined) {
    const extensions = httpHead(problem, challengeFor(problem, hasBearerToken));
    return new GraphQLError(problem.message, { originalError: problem, extensions });
  }
  if (!(error instanceof GraphQLError)) return error;
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    extensions: { ...error.extensions, http: { status: 400 } },
  });
}

/** What Apollo takes off an error for the head of its answer. */
function httpHead(
  { code, facts }: DomainError,
  challenge: string | undefined,
): Record<string, unknown> {
  const headers = new HeaderMap();
  const { retryAfterSeconds } = facts;
  if (typeof retryAfterSeconds === 'number') headers.set('retry-after', String(retryAfterSeconds));
  if (challenge !== undefined) headers.set('www-authenticate', challenge);
  return { http: { status: PROBLEMS[code].status, headers } };
}

function judgeFirst(pipeline: Pipeline, log: Logger): ApolloServerPlugin<HttpContext> {
  const listener: GraphQLRequestListener<HttpContext> = {
    async didResolveOperation({ contextValue, document, request, ...resolved }) {
      // Apollo comes here without one, too, whatever its types say.
      const operation: OperationDefinitionNode | undefined = resolved.operation;
      contextValue.http.name = nameOf(operation);
      try {
        if (operation === undefined) throw noOperation(request.operationName);
        if (operation.operation === OperationTypeNode.SUBSCRIPTION) throw subscriptionOverHttp();
        const variables = request.variables ?? {};
        await pipeline.admit(contextValue, { document, operation, variables });
      } catch (error) {
        throw wholeAnswer(error, contextValue.http);
      }
    },
    didEncounterErrors({ contextValue, errors }) {
      logBugs(log, contextValue.requestId, errors);
      return Promise.resolve();
    },
    willSendResponse({ contextValue, response: { body, http } }) {
      const waitSeconds = body.kind === 'single' ? longestWait(body.singleResult.errors) : 0;
      if (waitSeconds > 0) http.headers.set('retry-after', String(waitSeconds));
      if (body.kind === 'single' && body.singleResult.errors !== undefined) {
        body.singleResult.errors = body.singleResult.errors.map((error) =>
          withRequestId(error, contextValue.requestId),
        );
      }
      return Promise.resolve();
    },
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

/** Of the fields that were refused for a time; 0 where none was. */
function longestWait(errors: readonly GraphQLFormattedError[] = []): number {
  const waits = errors.map(({ extensions }) => extensions?.['retryAfterSeconds']);
  return Math.max(0, ...waits.filter((wait) => typeof wait === 'number'));
}

function subscriptionOverHttp(): GraphQLError {
  return new GraphQLError(
    'Subscriptions need a WebSocket: graphql-transport-ws at this same path.',
  );
}

/** Apollo's own messages can repeat those of errors; which kind of trouble it was is enough. */
function quietLogger(log: Logger): Record<'debug' | 'info' | 'warn' | 'error', () => void> {
  const ignore = (): void => undefined;
  const tell = (): void => {
    log.error('Apollo met an error of its own');
  };
  return { debug: ignore, info: ignore, warn: ignore, error: tell };
}
