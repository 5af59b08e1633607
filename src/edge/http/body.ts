import type { IncomingMessage } from 'node:http';
import { GraphQLError } from 'graphql';
import { LIMITS, limitError, type Limit } from '../graphql/limits.js';
import { contentOf } from './content.js';

/** A request that is refused before GraphQL sees it. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  constructor(
    readonly status: number,
    readonly error: GraphQLError,
  ) {
    super(error.message);
  }
}

function refusal(status: number, message: string): BadRequest {
  return new BadRequest(status, new GraphQLError(message));
}

/**
 * The JSON body of a GraphQL request.
 * @throws BadRequest with 413 over the limit, 415 for another kind of body, 400 for what is no JSON
 */
export async function readJsonBody(req: IncomingMessage): Promise<unknown> {
  refuseOtherKinds(req);
  const text = await readText(req);
  if (text === '') throw refusal(400, 'The request has no body.');
  try {
    return JSON.parse(text);
  } catch {
    throw refusal(400, 'The request body is not well-formed JSON.');
  }
}

function refuseOtherKinds({ headers }: IncomingMessage): void {
  const { type, charset, isPlain } = contentOf(headers);
  if (type !== 'application/json') {
    throw refusal(415, 'The content-type must be application/json.');
  }
  if (charset !== undefined && charset !== 'utf-8') {
    throw refusal(415, 'The charset must be utf-8.');
  }
  if (!isPlain) throw refusal(415, 'The body must not be compressed.');
}

async function readText(req: IncomingMessage): Promise<string> {
  const limit = limitFor(req);
  const most = LIMITS[limit];
  if (Number(req.headers['content-length'] ?? 0) > most) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > most) reject(tooLarge(limit));
      else chunks.push(chunk);
    });
    req.on('end', () => {
      resolve(decode(chunks));
    });
    req.on('error', () => {
      reject(refusal(400, 'The request body broke off.'));
    });
  });
}

/** Whether the credentials count is seen later: a stranger who makes some up gets more room, and nothing else. */
function limitFor({ headers }: IncomingMessage): Limit {
  const hasCredentials = headers.authorization !== undefined || headers.cookie !== undefined;
  return hasCredentials ? 'signedInBody' : 'body';
}

function tooLarge(limit: Limit): BadRequest {
  return new BadRequest(413, limitError(limit));
}

function decode(chunks: readonly Buffer[]): string {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined
    ? only.toString('utf8')
    : Buffer.concat(chunks).toString('utf8');
}
