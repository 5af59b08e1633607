import type { Scope } from '../../platform/scope.js';
import { ENTRY_COLUMNS, lineOf, type SealedEntry } from './audit-chain.js';

export interface ExportFilter {
  /** From this instant on. */
  readonly from?: Date | undefined;
  /** Before this instant. */
  readonly to?: Date | undefined;
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
}

const PAGE = 1000;
const BEFORE_ALL = '-9223372036854775808';
const SELECT = `
  SELECT ${ENTRY_COLUMNS} FROM audit_entry
  WHERE id > $1 AND ($2::timestamptz IS NULL OR at >= $2) AND ($3::timestamptz IS NULL OR at < $3)
    AND ($4::text IS NULL OR actor = $4) AND ($5::text IS NULL OR target = $5)
  ORDER BY audit_entry.id LIMIT ${String(PAGE)}`;

/** Hands the log on to other systems. */
export class AuditExportService {
  /** Pages of JSON lines, oldest entry first; never more than one page is held. */
  async *pages(scope: Scope, filter: ExportFilter = {}): AsyncGenerator<string> {
    const { from = null, to = null, actor = null, target = null } = filter;
    let after = BEFORE_ALL;
    for (;;) {
      const values = [after, from, to, actor, target];
      const page = await scope.sql<SealedEntry>('audit.export', SELECT, values);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page.map(lineOf).join('');
      after = last.id;
    }
  }
}
