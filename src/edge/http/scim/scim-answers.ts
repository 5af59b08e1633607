import { PROBLEMS, type DomainError } from '../../../kernel/errors.js';

export const SCIM_TYPE = 'application/scim+json';
const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';
const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** What a request comes to, before it is put into HTTP or into the answer of a bulk request. */
export interface ScimAnswer {
  readonly status: number;
  readonly body: object | null;
  readonly location?: string;
  readonly version?: string;
  readonly retryAfterSeconds?: number;
}

export function resourceAnswer(
  resource: Readonly<Record<string, unknown>>,
  status = 200,
): ScimAnswer {
  const { location, version } = resource['meta'] as { location: string; version: string };
  return { status, body: resource, location, version };
}

/** RFC 7644 section 3.4.2. */
export function listAnswer(
  resources: readonly object[],
  {
    totalResults = resources.length,
    startIndex = 1,
  }: { totalResults?: number; startIndex?: number } = {},
): ScimAnswer {
  const body = {
    schemas: [LIST_SCHEMA],
    totalResults,
    itemsPerPage: resources.length,
    startIndex,
    Resources: resources,
  };
  return { status: 200, body };
}

/** RFC 7644 section 3.12. */
export function errorAnswer(error: DomainError): ScimAnswer {
  const { scimType, retryAfterSeconds } = error.facts;
  const status = statusOf(error);
  const type = typeof scimType === 'string' ? scimType : typeOf(error);
  return {
    ...problemAnswer(status, detailOf(error), type),
    ...(typeof retryAfterSeconds === 'number' && { retryAfterSeconds }),
  };
}

export function problemAnswer(status: number, detail: string, scimType?: string): ScimAnswer {
  const body = {
    schemas: [ERROR_SCHEMA],
    status: String(status),
    ...(scimType !== undefined && { scimType }),
    detail,
  };
  return { status, body };
}

function statusOf({ code, facts }: DomainError): number {
  if (facts['reason'] === 'VERSION') return 412; // RFC 7644 3.14
  // What a project or a user is keeps the directory from it: trying again will not help, nor will another token.
  return code === 'WRONG_PROJECT_MODE' || code === 'USER_NOT_ACTIVE' ? 409 : PROBLEMS[code].status;
}

function typeOf({ code, facts }: DomainError): string | undefined {
  if (code === 'INVALID_INPUT') return 'invalidValue';
  return code === 'CONFLICT' && facts['fields'] !== undefined ? 'uniqueness' : undefined;
}

/** Fields by their names here: `input.email` is the email of a mutation's input. */
function detailOf({ message, facts }: DomainError): string {
  if (typeof facts['detail'] === 'string') return facts['detail'];
  if (facts['reason'] === 'VERSION') return 'It was changed meanwhile: read it again.';
  const fields = Array.isArray(facts['fields']) ? facts['fields'] : [];
  const problems = (fields as { field: string; message: string }[]).map(
    ({ field, message: problem }) => `${field.replace(/^input\./, '')}: ${problem}`,
  );
  return problems.length === 0 ? message : problems.join(' ');
}
