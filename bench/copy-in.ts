import type { PoolClient } from 'pg';

/** What `pg` lets a statement do with its connection, which its types do not tell. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** Sends pieces by PostgreSQL's COPY FROM STDIN. */
export function copyIn(
  client: PoolClient,
  statement: string,
  pieces: Iterable<string>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const copying = {
      submit: (connection: CopyConnection) => {
        connection.query(statement);
      },
      handleCopyInResponse: (connection: CopyConnection) => {
        for (const piece of pieces) connection.sendCopyFromChunk(Buffer.from(piece));
        connection.endCopyFrom();
      },
      handleCommandComplete: () => undefined,
      handleError: (error: Error) => {
        failure = error;
      },
      handleReadyForQuery: () => {
        if (failure === undefined) resolve();
        else reject(failure);
      },
    };
    client.query(copying as never);
  });
}
