import { invalidInput } from './errors.js';

export const MAX_PAGE = 100;

/** What a caller asked for: `first` rows behind the position `after`. */
export interface PageRequest {
  readonly first: number;
  readonly after: Position | undefined;
}
/** Sort key of the last row seen: its instant in microseconds since 1970, as text, and its id. */
export interface Position {
  readonly at: string;
  readonly id: string;
}
export interface Page<T> {
  readonly nodes: T[];
  readonly pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** @throws DomainError INVALID_INPUT for a page of less than 1 or more than {@link MAX_PAGE} rows, or a foreign cursor */
export function pageRequest(first: number, after: string | null | undefined): PageRequest {
  if (first < 1 || first > MAX_PAGE) {
    throw invalidInput('first', `It must be between 1 and ${String(MAX_PAGE)}.`);
  }
  return { first, after: typeof after === 'string' ? readCursor(after) : undefined };
}

/** Cuts the one row more that was read to learn whether there is a next page. */
export function toPage<T>(
  rows: readonly T[],
  request: PageRequest,
  positionOf: (row: T) => Position,
): Page<T> {
  const nodes = rows.slice(0, request.first);
  const last = nodes.at(-1);
  return {
    nodes,
    pageInfo: {
      hasNextPage: rows.length > request.first,
      endCursor: last === undefined ? null : writeCursor(positionOf(last)),
    },
  };
}

function writeCursor({ at, id }: Position): string {
  return Buffer.from(`${at}/${id}`).toString('base64url');
}

function readCursor(cursor: string): Position {
  const parts = /^(\d{1,18})\/([0-9a-f-]{1,36})$/.exec(
    Buffer.from(cursor, 'base64url').toString('latin1'),
  );
  if (parts?.[1] === undefined || parts[2] === undefined) {
    throw invalidInput('after', 'It is no cursor of this list.');
  }
  return { at: parts[1], id: parts[2] };
}
