import type { TestDatabase } from './database';
import { eventually } from './server';

/** Written by reading and by refusing as well, or by jobs some time after. */
const NOT_COMPARED = new Set([
  'announcement',
  'audit_entry',
  'audit_seal',
  'expiry_reminder',
  'proof_attempt',
  'rate_limit',
  'revocation_change',
  'revocation_list',
  'session',
]);

/** What of a table is compared, where jobs write the rest of it. */
const COMPARED: Readonly<Record<string, string>> = {
  message: '(t.id, t.channel, t.template, t.subject_id, t.dispatch)',
};

/** Number and digest of the rows of each table, to see that nothing has changed. */
export async function rowsOf({ query }: TestDatabase): Promise<Record<string, string>> {
  const tables = await query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
  );
  const parts = tables
    .filter(({ name }) => !NOT_COMPARED.has(name))
    .map(({ name }) => {
      const row = `${COMPARED[name] ?? 't'}::text`;
      return `SELECT '${name}' AS name, count(*) || ' ' || coalesce(md5(string_agg(${row}, '|' ORDER BY ${row})), '') AS rows
         FROM "${name}" t`;
    });
  const rows = await query<{ name: string; rows: string }>(parts.join(' UNION ALL '));
  return Object.fromEntries(rows.map((row) => [row.name, row.rows]));
}

/** So that a test may be refused more often than a stranger. */
export async function forgetAttempts({ query }: TestDatabase): Promise<void> {
  await query('DELETE FROM rate_limit');
  await query('DELETE FROM proof_attempt');
}

/** Waits until the server has noticed all that has run out, and has done what it was asked for, so that nothing changes by itself any more. */
export async function settled({ query }: TestDatabase): Promise<void> {
  await eventually(async () => {
    const overdue = await query(
      `SELECT id FROM enrolment WHERE (status = 'WAITING_FOR_SCAN' AND code_expires_at <= now())
         OR (completed_at IS NULL AND expires_at <= now())`,
    );
    const asked = await query(
      `SELECT id FROM graphile_worker.jobs WHERE task_identifier = 'prepare-password-reset'`,
    );
    const unsent = await query(
      `SELECT id FROM webhook_delivery WHERE state = 'PENDING' AND next_attempt_at <= now()`,
    );
    const unposted = await query(
      `SELECT id FROM message WHERE state = 'QUEUED' AND next_attempt_at <= now() AND NOT is_stranded`,
    );
    const waiting = [overdue, asked, unsent, unposted];
    return waiting.every((rows) => rows.length === 0) ? true : undefined;
  });
}
