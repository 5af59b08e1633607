import { isObject } from '../../../features/scim/protocol/scim-patch.js';
import type { RequestContext } from '../../../kernel/actor.js';
import { problemAnswer, type ScimAnswer } from './scim-answers.js';
import { MAX_BULK_OPERATIONS } from './scim-discovery.js';
import type { ScimOperations } from './scim-operations.js';

const REQUEST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const RESPONSE_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';
const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'];
const BULK_ID = /bulkId:([\w.~-]{1,128})/;
const REFERENCE = new RegExp(`^${BULK_ID.source}$`);

interface BulkOperation {
  readonly method: string;
  readonly bulkId: string | null;
  readonly version: string | null;
  readonly path: string;
  readonly data: unknown;
  /** The bulkIds that it refers to. */
  readonly references: ReadonlySet<string>;
}

/** A request for many: RFC 7644 section 3.7. Each operation stands or falls by itself. */
export async function performBulk(
  operations: ScimOperations,
  caller: { readonly context: RequestContext; readonly projectId: string },
  body: unknown,
): Promise<ScimAnswer> {
  const request = readRequest(body);
  if ('status' in request) return request;
  const results = new BulkResults(request.failOnErrors);
  let waiting = request.operations.map((operation, index) => ({ operation, index }));
  while (waiting.length > 0 && !results.isOver) {
    // What refers to nothing that was made, or could be made yet, is tried last, and fails.
    const next = waiting.find(({ operation }) => results.isReady(operation)) ?? waiting[0];
    if (next === undefined) break;
    waiting = waiting.filter((one) => one !== next);
    const { operation, index } = next;
    const call = results.resolved(operation);
    const answer =
      call === undefined
        ? problemAnswer(409, 'It refers to a bulkId that has not become a resource.')
        : await operations.perform(caller.context, caller.projectId, call);
    results.keep(index, operation, answer);
  }
  return { status: 200, body: { schemas: [RESPONSE_SCHEMA], Operations: results.list() } };
}

class BulkResults {
  private readonly done = new Map<number, object>();
  private readonly ids = new Map<string, string>();
  private errors = 0;

  constructor(private readonly failOnErrors: number) {}

  get isOver(): boolean {
    return this.errors >= this.failOnErrors;
  }

  isReady({ references }: BulkOperation): boolean {
    for (const id of references) if (!this.ids.has(id)) return false;
    return true;
  }

  /** With ids in place of references; undefined where one of them stands for nothing. */
  resolved(operation: BulkOperation): Parameters<ScimOperations['perform']>[2] | undefined {
    if (!this.isReady(operation)) return undefined;
    const path = operation.path.replace(BULK_ID, (_, id: string) => this.ids.get(id) ?? '');
    return {
      method: operation.method,
      path: path.split('/').filter((part) => part !== ''),
      query: { attributes: [], excludedAttributes: [] },
      body: this.substituted(operation.data),
      ifMatch: operation.version,
    };
  }

  keep(index: number, { method, bulkId }: BulkOperation, answer: ScimAnswer): void {
    const isError = answer.status >= 400;
    if (isError) this.errors += 1;
    else if (bulkId !== null) this.learn(bulkId, answer);
    const { status, body, location, version } = answer;
    const result = { method, bulkId, location, version, status: String(status) };
    const told = Object.entries(result).filter(
      ([, value]) => value !== undefined && value !== null,
    );
    this.done.set(index, { ...Object.fromEntries(told), ...(isError && { response: body }) });
  }

  private learn(bulkId: string, { body }: ScimAnswer): void {
    if (body !== null && 'id' in body) this.ids.set(bulkId, String(body.id));
  }

  /** In the order of the request. */
  list(): object[] {
    return [...this.done].sort(([a], [b]) => a - b).map(([, result]) => result);
  }

  private substituted(value: unknown): unknown {
    if (typeof value === 'string') {
      const id = REFERENCE.exec(value)?.[1];
      return id === undefined ? value : this.ids.get(id);
    }
    if (Array.isArray(value)) return value.map((one: unknown) => this.substituted(one));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, this.substituted(part)]),
    );
  }
}

function referencesIn(value: unknown): string[] {
  if (typeof value === 'string') {
    const id = (REFERENCE.exec(value) ?? /\/bulkId:([\w.~-]{1,128})/.exec(value))?.[1];
    return id === undefined ? [] : [id];
  }
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return isObject(value) ? Object.values(value).flatMap(referencesIn) : [];
}

function readRequest(
  body: unknown,
): ScimAnswer | { readonly operations: readonly BulkOperation[]; readonly failOnErrors: number } {
  const { schemas, Operations: operations, failOnErrors: limit } = isObject(body) ? body : {};
  const isBulk = Array.isArray(schemas) && schemas.includes(REQUEST_SCHEMA);
  if (!isBulk || !Array.isArray(operations)) {
    return problemAnswer(
      400,
      `schemas must hold ${REQUEST_SCHEMA}, Operations a list.`,
      'invalidSyntax',
    );
  }
  if (operations.length > MAX_BULK_OPERATIONS) {
    return problemAnswer(413, `There may be at most ${String(MAX_BULK_OPERATIONS)} operations.`);
  }
  const known = operations.map(operationIn).filter((one) => one !== undefined);
  if (known.length < operations.length || hasDoubles(known)) {
    return problemAnswer(
      400,
      'An operation has a method (POST, PUT, PATCH, DELETE), a path, and with POST a bulkId of its own.',
      'invalidSyntax',
    );
  }
  const isLimited = typeof limit === 'number' && limit >= 1;
  return { operations: known, failOnErrors: isLimited ? limit : Number.POSITIVE_INFINITY };
}

function hasDoubles(operations: readonly BulkOperation[]): boolean {
  const bulkIds = operations.flatMap(({ bulkId }) => bulkId ?? []);
  return new Set(bulkIds).size < bulkIds.length;
}

function operationIn(one: unknown): BulkOperation | undefined {
  if (!isObject(one)) return undefined;
  const { method, path, bulkId, version, data } = one;
  const name = typeof method === 'string' ? method.toUpperCase() : '';
  if (!METHODS.includes(name) || typeof path !== 'string') return undefined;
  if (name === 'POST' && typeof bulkId !== 'string') return undefined;
  return {
    method: name,
    bulkId: typeof bulkId === 'string' ? bulkId : null,
    version: typeof version === 'string' ? version : null,
    references: new Set(referencesIn([path, data])),
    ...{ path, data },
  };
}
