import { HeaderMap, type ApolloServer, type HTTPGraphQLResponse } from '@apollo/server';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from '../../platform/logger.js';
import { wholeAnswer, type HttpContext, type HttpOperation } from '../graphql/apollo.js';
import type { Documents } from '../graphql/documents.js';
import { internalAnswer, problemIn, toClientError } from '../graphql/errors.js';
import type { Identify } from '../graphql/ports.js';
import { BadRequest, readJsonBody } from './body.js';
import { answerCors } from './cors.js';
import { credentialsOf } from '../graphql/credentials.js';
import type { Exchange } from './exchange.js';
import type { GraphiQL } from './graphiql.js';
import type { SessionCookie } from './session-cookie.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

export interface GraphqlEndpointParts {
  readonly apollo: ApolloServer<HttpContext>;
  readonly identify: Identify;
  readonly cookie: SessionCookie;
  readonly documents: Documents;
  /** Null where introspection is off. */
  readonly graphiql: GraphiQL | null;
  readonly log: Logger;
}

/** GraphQL over HTTP on `node:http`, without a framework between. */
export class GraphqlEndpoint {
  constructor(private readonly parts: GraphqlEndpointParts) {}

  async handle(exchange: Exchange): Promise<void> {
    const { req, res } = exchange;
    res.setHeader('cache-control', 'no-store');
    res.setHeader('x-content-type-options', 'nosniff');
    if (answerCors(exchange)) return;
    if (this.parts.graphiql !== null && wantsPage(exchange)) {
      await this.parts.graphiql.send(req, res);
      return;
    }
    try {
      this.write(exchange, await this.answer(exchange));
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      writeRefusal(exchange, error);
    }
  }

  private async answer(exchange: Exchange): Promise<HTTPGraphQLResponse> {
    const { req } = exchange;
    if (!acceptsJson(req.headers.accept)) {
      throw new BadRequest(406, new GraphQLError(`Answers are ${JSON_TYPE} or ${RESPONSE_TYPE}.`));
    }
    const body = req.method === 'POST' ? await readJsonBody(req) : undefined;
    const overload = this.parts.documents.overload(sourceIn(body, req.url));
    if (overload !== undefined) throw new BadRequest(400, overload);
    return this.parts.apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: req.method ?? 'GET',
        headers: headersFor(exchange),
        search: searchOf(req.url),
        body,
      },
      context: () => this.context(exchange),
    });
  }

  private async context(exchange: Exchange): Promise<HttpContext> {
    const { req, res, client } = exchange;
    const { requestId, address, userAgent, clientCertificate } = client;
    const http = operationOf(exchange);
    try {
      const cookie = client.cookieCounts ? this.parts.cookie.read(req.headers.cookie) : undefined;
      const credentials = credentialsOf(req.headers, cookie);
      const caller = await this.parts.identify(credentials, { requestId, address, userAgent });
      return {
        ...{ requestId, address, userAgent, clientCertificate, http },
        ...caller,
        setSessionCookie: (token) => {
          if (!res.headersSent) res.setHeader('set-cookie', this.parts.cookie.write(token));
        },
      };
    } catch (error) {
      if (problemIn(error) !== undefined) throw wholeAnswer(error, http);
      this.parts.log.error({ error, requestId }, 'the caller could not be identified');
      throw internalAnswer(error, requestId);
    }
  }

  private write({ res }: Exchange, { status, headers, body }: HTTPGraphQLResponse): void {
    if (body.kind !== 'complete') throw new Error('Apollo answered in parts.');
    for (const [name, value] of headers) res.setHeader(name, value);
    res.setHeader('content-length', Buffer.byteLength(body.string));
    res.statusCode = status ?? 200;
    res.end(body.string);
  }
}

/** The operation's name goes straight to the exchange, for the log. */
function operationOf(exchange: Exchange): HttpOperation {
  return {
    hasBearerToken: exchange.req.headers.authorization !== undefined,
    get name() {
      return exchange.operation;
    },
    set name(name) {
      exchange.operation = name;
    },
  };
}

function writeRefusal({ req, res }: Exchange, { status, error }: BadRequest): void {
  const formatted: GraphQLFormattedError = toClientError(error.toJSON(), error, {
    introspection: false,
  });
  const prefersResponseType = req.headers.accept?.includes('application/graphql-response+json');
  res.setHeader('content-type', prefersResponseType === true ? RESPONSE_TYPE : JSON_TYPE);
  res.statusCode = status;
  res.end(JSON.stringify({ errors: [formatted] }));
}

/** Apollo sees those headers that it decides by, and no others. */
function headersFor({ req: { headers } }: Exchange): HeaderMap {
  const seen = new HeaderMap();
  for (const name of [
    'accept',
    'content-type',
    'x-apollo-operation-name',
    'apollo-require-preflight',
  ]) {
    const value = headers[name];
    if (typeof value === 'string') seen.set(name, value);
  }
  return seen;
}

/** The GraphQL source of a POST's body or a GET's address; empty where there is none, which Apollo then says. */
function sourceIn(body: unknown, url: string | undefined): string {
  if (body === undefined) return new URLSearchParams(searchOf(url)).get('query') ?? '';
  const isObject = typeof body === 'object' && body !== null;
  return isObject && 'query' in body && typeof body.query === 'string' ? body.query : '';
}

function searchOf(url = ''): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}

/** A browser that opens the address itself. */
function wantsPage({ req }: Exchange): boolean {
  const accept = req.headers.accept ?? '';
  return req.method === 'GET' && accept.includes('text/html') && !accept.includes('json');
}

/** GraphQL over HTTP: no `accept` counts as application/json. */
function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined) return true;
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return ACCEPTABLE.has(type) && !parameters.some((part) => /^q=0(?:\.0*)?$/.test(part));
  });
}

const ACCEPTABLE: ReadonlySet<string> = new Set([
  '*/*',
  'application/*',
  'application/json',
  'application/graphql-response+json',
]);
