import type { TestDatabase } from './database';
import { eventually } from './server';

export interface MessageRow {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly dispatch: number;
  readonly lastProblem: string | null;
  readonly recipient: string | null;
}

/** Messages about one thing, oldest first. */
export function messagesAbout(
  { query }: Pick<TestDatabase, 'query'>,
  subjectId: string,
): Promise<MessageRow[]> {
  return query<MessageRow>(
    `SELECT id, state, attempts, dispatch, last_problem AS "lastProblem", recipient FROM message
     WHERE subject_id = $1 ORDER BY created_at, id`,
    [subjectId],
  );
}

/** Makes every planned attempt due now. */
export async function hurry({ query }: Pick<TestDatabase, 'query'>): Promise<void> {
  await query(
    `SELECT graphile_worker.reschedule_jobs(array_agg(id), run_at := now()) FROM graphile_worker.jobs
     WHERE task_identifier = 'deliver-message' AND locked_at IS NULL AND attempts < max_attempts HAVING count(*) > 0`,
  );
}

/** Waits for the only message about something to fit, without waiting for its pauses. */
export function messageThat(
  database: Pick<TestDatabase, 'query'>,
  subjectId: string,
  fits: (message: MessageRow) => boolean,
): Promise<MessageRow> {
  return eventually(async () => {
    const [message] = await messagesAbout(database, subjectId);
    if (message !== undefined && fits(message)) return message;
    await hurry(database);
    return undefined;
  });
}
