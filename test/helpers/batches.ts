import type { GraphqlAnswer } from './graphql';
import type { CallableServer } from './people';
import { eventually } from './server';

export interface SeenBatch {
  readonly id: string;
  readonly state: string;
  readonly total: number;
  readonly ordered: number;
  readonly skipped: number;
  readonly failed: number;
  readonly finishedAt: string | null;
  readonly failures: readonly {
    readonly userId: string;
    readonly failure: { readonly code: string };
    readonly reason: string | null;
  }[];
}

const FIELDS = `id state channel certificates total ordered skipped failed createdAt finishedAt
  project { id } failures { userId failure { code message } reason }`;

/** The answer to an order for many. */
export function tryBatch(
  server: Pick<CallableServer, 'graphql'>,
  token: string | undefined,
  projectId: string,
  input: Readonly<Record<string, unknown>>,
): Promise<GraphqlAnswer<any>> {
  return server.graphql(
    `mutation ($projectId: ID!, $input: CreateEnrolmentsInput!) {
       createEnrolments(projectId: $projectId, input: $input) { ${FIELDS} } }`,
    { projectId, input },
    { token },
  );
}

/** @throws Error where it is refused */
export async function startBatch(...args: Parameters<typeof tryBatch>): Promise<SeenBatch> {
  const { data, errors } = await tryBatch(...args);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.createEnrolments as SeenBatch;
}

export async function lookAt(
  server: Pick<CallableServer, 'graphql'>,
  token: string,
  id: string,
): Promise<SeenBatch | null> {
  const { data, errors } = await server.graphql(
    `query ($id: ID!) { enrolmentBatch(id: $id) { ${FIELDS} } }`,
    { id },
    { token },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.enrolmentBatch as SeenBatch | null;
}

/** Waits until it runs no more. */
export function endOf(
  server: Pick<CallableServer, 'graphql'>,
  token: string,
  id: string,
): Promise<SeenBatch> {
  return batchWhen(server, { token, id }, ({ state }) => state !== 'RUNNING');
}

/** Waits for as long as there is progress. @throws Error where there is none for a long time */
export async function batchWhen(
  server: Pick<CallableServer, 'graphql'>,
  { token, id }: { readonly token: string; readonly id: string },
  fits: (batch: SeenBatch) => boolean,
): Promise<SeenBatch> {
  for (let done = -1; ;) {
    const batch = await eventually(async () => {
      const seen = await lookAt(server, token, id);
      const isNews = seen !== null && (fits(seen) || doneIn(seen) > done);
      return isNews ? seen : undefined;
    });
    if (fits(batch)) return batch;
    done = doneIn(batch);
  }
}

function doneIn({ ordered, skipped, failed }: SeenBatch): number {
  return ordered + skipped + failed;
}

/** The records of a file as RFC 4180 has them; a field in quotes may hold anything. */
export function recordsIn(csv: string): string[][] {
  return [
    ...csv.replace(/^\uFEFF/, '').matchAll(/((?:"(?:[^"]|"")*"|[^,\r\n"]*)(?:,|(?=\r\n)))+\r\n/g),
  ].map(([record]) =>
    [...record.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n"]*))(?:,|\r\n)/g)].map(([, quoted, plain]) =>
      (quoted ?? plain ?? '').replaceAll('""', '"'),
    ),
  );
}
