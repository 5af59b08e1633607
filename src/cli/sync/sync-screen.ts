import type {
  ImportChange,
  ImportedField,
  ImportObserver,
  ImportProgress,
  UserImport,
} from '../../features/members/import/user-import.service.js';
import type { DomainError } from '../../kernel/errors.js';
import { UNPRINTABLE } from '../../kernel/text.js';

const SIGNS = { ADD: '+', UPDATE: '~', REMOVE: '-', KEEP: '=' } as const;
const LABELS: Readonly<Record<ImportedField, string>> = {
  name: 'name',
  email: 'e-mail',
  hostId: 'ID',
  syncId: 'sync ID',
};
const SEPARATOR_NAMES: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'vertical bars',
};
const REASONS: Readonly<Record<string, string>> = {
  IMPORT_RUNNING: 'Another import of this project is at work. Repeat this when it has ended.',
  CHANGED_MEANWHILE: 'Somebody has changed the same users meanwhile. Repeat this.',
};
const NO_MEMBERS = 'A SELF_REGISTRATION project has no members. Name a MANAGED one.';
const UNPRINTABLES = new RegExp(UNPRINTABLE, 'gu');
/** Without a terminal progress goes to a log, which need not hold much of it. */
const ROWS_PER_LINE = 20_000;

/** Shows an import: differences to where they can be kept, progress to where it is seen. */
export class SyncScreen {
  private shown = '';
  private toldRows = 0;
  private phase = '';

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly err: NodeJS.WriteStream,
  ) {}

  readonly observer: ImportObserver = {
    progress: (progress) => {
      this.progress(progress);
    },
    change: async (change) => {
      this.clear();
      await this.write(`${describe(change)}\n`);
    },
  };

  conclude(result: UserImport): void {
    this.clear();
    for (const { line, column, message } of result.problems) {
      const place = column === null ? '' : `, ${column}`;
      this.err.write(`line ${String(line)}${place}: ${message}\n`);
    }
    if (result.problemCount > 0) {
      const more = result.problemCount - result.problems.length;
      if (more > 0) this.err.write(`and ${String(more)} more\n`);
      this.err.write(`${count(result.problemCount, 'problem')}: nothing was changed.\n`);
      return;
    }
    this.err.write(`${file(result)}\n${outcome(result)}\n`);
    if (result.removesTooMany) this.err.write(`${tooMany(result)}\n`);
  }

  refusal({ code, facts, message }: DomainError): string {
    if (code === 'WRONG_PROJECT_MODE') return NO_MEMBERS;
    const { reason, removed, members, maxRemovedPercent } = facts;
    if (reason === 'TOO_MANY_REMOVED') {
      return tooMany({
        removed: Number(removed),
        members: Number(members),
        maxRemovedPercent: Number(maxRemovedPercent),
      });
    }
    return (typeof reason === 'string' ? REASONS[reason] : undefined) ?? message;
  }

  clear(): void {
    if (this.shown !== '') this.err.write('\r\u001B[K');
    this.shown = '';
  }

  private progress({ phase, done, total }: ImportProgress): void {
    const of = total === null ? '' : ` of ${total.toLocaleString('en')}`;
    const rows = total === null ? count(done, 'row') : `${done.toLocaleString('en')}${of}`;
    const text = `${phase.toLowerCase()}: ${rows}`;
    if (this.err.isTTY) {
      this.clear();
      this.err.write(text);
      this.shown = text;
      return;
    }
    if (phase === this.phase && done - this.toldRows < ROWS_PER_LINE) return;
    this.phase = phase;
    this.toldRows = done;
    this.err.write(`${text}\n`);
  }

  private write(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.out.write(text, () => {
        resolve();
      });
    });
  }
}

function describe(change: ImportChange): string {
  const { action, email, displayName, syncId } = change;
  const key = syncId === null ? '' : ` (${syncId})`;
  const notes = [
    ...differences(change),
    ...(change.returns ? ['comes back'] : []),
    ...(change.hasAccount ? ['has an account already'] : []),
    ...(change.isShared ? ['belongs to another project too'] : []),
    ...(change.invites ? ['is invited'] : []),
    ...(action === 'KEEP' ? ['is not in the file, and holds a role'] : []),
  ];
  const told = notes.length === 0 ? '' : `: ${notes.join('; ')}`;
  return plain(`${SIGNS[action]} ${email} ${displayName}${key}${told}`);
}

function differences({ action, changed, before, ...now }: ImportChange): string[] {
  if (action !== 'UPDATE' && action !== 'ADD') return [];
  const after = { ...now, name: now.displayName };
  return changed.map((field) => {
    const [old, next] = [before?.[field] ?? null, after[field]].map((value) =>
      value === null ? 'nothing' : `"${value}"`,
    );
    return `${LABELS[field]} ${String(old)} → ${String(next)}`;
  });
}

function file({ rows, encoding, separator, ignoredColumns }: UserImport): string {
  const parted = SEPARATOR_NAMES[separator ?? ''] ?? 'nothing';
  const ignored = ignoredColumns.length === 0 ? '' : `; not read: ${ignoredColumns.join(', ')}`;
  return plain(`${count(rows, 'row')} in ${encoding}, parted by ${parted}${ignored}`);
}

function outcome(result: UserImport): string {
  const { dryRun, added, invited, updated, removed, kept, unchanged } = result;
  const keeps = kept === 0 ? '' : `, ${String(kept)} kept`;
  const numbers = `${String(added)} added, ${String(updated)} updated, ${String(removed)} removed${keeps}, ${String(unchanged)} unchanged; ${count(invited, 'invitation')}`;
  return dryRun ? `Nothing was changed. It would be: ${numbers}.` : `${numbers}.`;
}

function tooMany({
  removed,
  members,
  maxRemovedPercent,
}: Pick<UserImport, 'removed' | 'members' | 'maxRemovedPercent'>): string {
  return `${String(removed)} of ${count(members, 'member')} would be removed, more than the ${String(maxRemovedPercent)} % that may be at once: nothing is changed. If that is right, allow it by --max-removed.`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** What stands in the database is not to steer a terminal. */
function plain(text: string): string {
  return text.replace(UNPRINTABLES, ' ');
}
