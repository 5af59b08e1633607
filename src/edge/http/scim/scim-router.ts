import express, { Router, type Request, type Response } from 'express';
import { scimProblem } from '../../../features/scim/protocol/scim-problem.js';
import { isSame } from '../../../features/scim/protocol/scim-schema.js';
import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError, type ProblemCode } from '../../../kernel/errors.js';
import type { EdgePorts } from '../../graphql/ports.js';
import { describeClient, type TrustProxy } from '../client.js';
import type { Origins } from '../origins.js';
import { errorAnswer, problemAnswer, SCIM_TYPE, type ScimAnswer } from './scim-answers.js';
import { performBulk } from './scim-bulk.js';
import { MAX_PAYLOAD_BYTES } from './scim-discovery.js';
import {
  SCIM_RESOURCE,
  ScimOperations,
  type ScimQuery,
  type ScimServices,
} from './scim-operations.js';

export interface ScimRouterParts extends ScimServices {
  readonly ports: Pick<EdgePorts, 'identify' | 'authorize' | 'recordRefusal'>;
  readonly trust: TrustProxy;
  readonly origins: Origins;
}

const SEARCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
/** Deeper than any resource, and shallow enough for whatever goes through it. */
const MAX_DEPTH = 24;
/** Of what pages are sent, only this says something to a directory. */
const KEPT_HEADERS: ReadonlySet<string> = new Set(['x-request-id', 'strict-transport-security']);

/** SCIM 2.0 (RFC 7643, RFC 7644) for the users of one project, to be mounted in front of the projects' ids. */
export function scimRouter(parts: ScimRouterParts): Router {
  const operations = new ScimOperations(parts, parts.ports.recordRefusal);
  const router = Router({ caseSensitive: true });
  const readJson = express.json({
    type: [SCIM_TYPE, 'application/json'],
    limit: MAX_PAYLOAD_BYTES,
  });
  router.use('/:projectId', (req, res, next) => {
    for (const name of res.getHeaderNames()) if (!KEPT_HEADERS.has(name)) res.removeHeader(name);
    visit(parts, operations, { req, res, readJson }).catch(next);
  });
  return router;
}

interface Exchange {
  readonly req: Request<{ projectId: string }>;
  readonly res: Response;
  readonly readJson: ReturnType<typeof express.json>;
}

/** Who calls is known, and may do it, before a body is read. */
async function visit(
  parts: ScimRouterParts,
  operations: ScimOperations,
  exchange: Exchange,
): Promise<void> {
  const { req, res } = exchange;
  const path = req.path.split('/').filter((part) => part !== '');
  const isSearch = req.method === 'POST' && path.at(-1) === '.search'; // RFC 7644 3.4.3
  const isChange = req.method !== 'GET' && !isSearch;
  let context: RequestContext | undefined;
  let refused: ProblemCode | undefined;
  const answer = await (async () => {
    context = await contextOf(parts, req, res);
    await parts.ports.authorize(context, SCIM_RESOURCE, { isChange });
    const { projectId } = req.params;
    return await answerTo(operations, { context, projectId, path, isSearch }, exchange);
  })().catch((error: unknown) => {
    if (!(error instanceof DomainError)) return answerToBroken(error);
    refused = error.code;
    return errorAnswer(error);
  });
  if (context !== undefined && refused !== undefined && isChange) {
    await operations.refused(context, req.method, refused);
  }
  send(req, res, answer);
}

/** A cookie never counts here: no page of another site can have sent this. @throws DomainError UNAUTHENTICATED */
async function contextOf(
  { ports, trust, origins }: ScimRouterParts,
  req: Exchange['req'],
  res: Response,
): Promise<RequestContext> {
  const {
    address,
    userAgent,
    requestId: own,
  } = describeClient(req, {
    ...{ trust, origins, acceptsCertificates: false },
  });
  const requestId = String(res.getHeader('x-request-id') ?? own);
  const [, token] = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '') ?? [];
  if (token === undefined) throw new DomainError('UNAUTHENTICATED');
  const facts = { requestId, address, userAgent };
  const { projectId } = req.params;
  const caller = await ports.identify({ session: { kind: 'scim', token, projectId } }, facts);
  if (caller.actor.kind !== 'client') throw new DomainError('FORBIDDEN');
  return { ...facts, ...caller, setSessionCookie: () => undefined };
}

interface Asked {
  readonly context: RequestContext;
  readonly projectId: string;
  readonly path: readonly string[];
  readonly isSearch: boolean;
}

async function answerTo(
  operations: ScimOperations,
  { context, projectId, path, isSearch }: Asked,
  exchange: Exchange,
): Promise<ScimAnswer> {
  const { req } = exchange;
  const isOther = path[0] === 'Me' || (isSearch && path.length === 1);
  if (isOther) return problemAnswer(501, 'This is not offered here.'); // RFC 7644 3.11 and 3.4.2.1
  const body = await bodyOf(exchange);
  if (path.length === 1 && path[0] === 'Bulk') {
    return req.method === 'POST'
      ? performBulk(operations, { context, projectId }, body)
      : problemAnswer(405, 'This method does nothing here.');
  }
  const ifMatch = req.headers['if-match'] ?? null;
  const asked = isSearch
    ? { method: 'GET', path: path.slice(0, -1), query: searchIn(body) }
    : { method: req.method, path, query: queryIn(req) };
  return operations.perform(context, projectId, { ...asked, body, ifMatch });
}

async function bodyOf({ req, res, readJson }: Exchange): Promise<unknown> {
  const hasBody = req.headers['content-length'] !== undefined || 'transfer-encoding' in req.headers;
  if (!hasBody || req.method === 'GET' || req.headers['content-length'] === '0') return undefined;
  if (req.is([SCIM_TYPE, 'application/json']) === false) throw new UnsupportedBody();
  await new Promise<void>((resolve, reject) => {
    readJson(req, res, (cause?: unknown) => {
      if (cause === undefined) resolve();
      else reject(cause instanceof Error ? cause : new Error('The body cannot be read.'));
    });
  });
  if (isDeeper(req.body, MAX_DEPTH)) throw scimProblem('invalidSyntax', 'It nests too deeply.');
  return req.body;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}

class UnsupportedBody extends Error {
  override readonly name = 'UnsupportedBody';
}

/** What cannot be read is the caller's doing; anything else is a bug. */
function answerToBroken(error: unknown): ScimAnswer {
  if (error instanceof UnsupportedBody) return problemAnswer(415, `Send ${SCIM_TYPE}.`);
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) {
    return problemAnswer(413, `There may be at most ${String(MAX_PAYLOAD_BYTES)} bytes.`);
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return problemAnswer(400, 'The body cannot be read.', 'invalidSyntax');
  }
  throw error;
}

function queryIn({ query }: Request): ScimQuery {
  const text = (name: string): string | undefined => {
    const value = query[name];
    if (value === undefined || typeof value === 'string') return value;
    throw invalid(`${name} is given once.`); // whatever is chosen of two filters, it is not what was meant
  };
  return {
    filter: text('filter'),
    startIndex: numberIn(text('startIndex')),
    count: numberIn(text('count')),
    attributes: namesIn(text('attributes')?.split(',')),
    excludedAttributes: namesIn(text('excludedAttributes')?.split(',')),
  };
}

/** RFC 7644 section 3.4.3. */
function searchIn(body: unknown): ScimQuery {
  const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const schemas = Array.isArray(said['schemas']) ? said['schemas'] : [];
  if (!schemas.some((one) => isSame(String(one), SEARCH_SCHEMA))) {
    throw scimProblem('invalidSyntax', `schemas must hold ${SEARCH_SCHEMA}.`);
  }
  return {
    filter: filterIn(said['filter']),
    startIndex: numberIn(said['startIndex']),
    count: numberIn(said['count']),
    attributes: namesIn(said['attributes']),
    excludedAttributes: namesIn(said['excludedAttributes']),
  };
}

function namesIn(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.map((name) => String(name).trim()).filter((name) => name !== '');
}

/** @throws DomainError INVALID_INPUT with scimType invalidValue */
function numberIn(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && Math.abs(number) <= 1_000_000_000) return number;
  throw invalid('startIndex and count are whole numbers.');
}

/** @throws DomainError INVALID_INPUT with scimType invalidFilter */
function filterIn(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw scimProblem('invalidFilter', 'A filter is text.');
}

function invalid(detail: string): DomainError {
  return scimProblem('invalidValue', detail);
}

function send(req: Request, res: Response, answer: ScimAnswer): void {
  const { status, body, version } = answer;
  for (const [name, value] of Object.entries(headersOf(answer))) res.setHeader(name, value);
  const isKnown = req.method === 'GET' && version !== undefined && seen(req).includes(version);
  if (isKnown || body === null) {
    res.status(isKnown ? 304 : status).end(); // RFC 7644 3.14
    return;
  }
  const text = JSON.stringify(body);
  res.status(status).setHeader('content-type', `${SCIM_TYPE}; charset=utf-8`);
  res.setHeader('content-length', Buffer.byteLength(text));
  res.end(text);
}

function headersOf({
  status,
  location,
  version,
  retryAfterSeconds,
}: ScimAnswer): Readonly<Record<string, string>> {
  const place = status === 201 ? 'location' : 'content-location';
  return {
    'cache-control': 'no-store',
    ...(status === 401 && { 'www-authenticate': 'Bearer realm="scim"' }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    ...(version !== undefined && { etag: version }),
    ...(location !== undefined && { [place]: location }),
  };
}

function seen({ headers }: Request): string[] {
  return (headers['if-none-match'] ?? '').split(',').map((one) => one.trim());
}
