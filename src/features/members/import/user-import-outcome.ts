import { DomainError } from '../../../kernel/errors.js';
import type { Project } from '../../projects/project.service.js';
import type { ImportProblem } from './import-problems.js';
import {
  ROW_PROBLEMS,
  type ActionCounts,
  type Matching,
  type RowProblem,
} from './user-import-matching.js';
import type { ReadFile } from './user-import-reading.js';
import type { ImportChange, ImportObserver, ImportOptions, UserImport } from './user-import.js';

/** What the comparison has found, or done. */
export interface Outcome {
  readonly counts: ActionCounts;
  readonly invited: number;
  readonly problems: readonly ImportProblem[];
  readonly problemCount: number;
  readonly removesTooMany: boolean;
}

/** One import that is at work. */
export interface Job {
  readonly importId: string;
  readonly project: Project;
  readonly options: ImportOptions;
  readonly observer: ImportObserver;
  readonly maxRemovedPercent: number;
  readonly file: ReadFile;
  readonly matching: Matching;
}

const NOTHING: ActionCounts = { ADD: 0, UPDATE: 0, REMOVE: 0, KEEP: 0, SAME: 0 };

function membersIn({ REMOVE, KEEP, SAME, UPDATE }: ActionCounts): number {
  return REMOVE + KEEP + SAME + UPDATE;
}

export function removesTooMany({ maxRemovedPercent }: Job, counts: ActionCounts): boolean {
  return counts.REMOVE * 100 > maxRemovedPercent * membersIn(counts);
}

export function tooMany({ maxRemovedPercent }: Job, counts: ActionCounts): DomainError {
  const facts = { removed: counts.REMOVE, members: membersIn(counts), maxRemovedPercent };
  return new DomainError('CONFLICT', { reason: 'TOO_MANY_REMOVED', ...facts });
}

export function nothing(): Outcome {
  return { counts: NOTHING, invited: 0, problems: [], problemCount: 0, removesTooMany: false };
}

export function problemsIn({ problems }: ReadFile): Outcome {
  return { ...nothing(), problems: problems.told, problemCount: problems.total };
}

export function tellProblem(
  { file: { columns } }: Job,
  { line, problem }: RowProblem,
): ImportProblem {
  const [field, message] = ROW_PROBLEMS[problem];
  return { line, column: columns?.nameOf(field) ?? null, message };
}

export function resultOf(job: Job, outcome: Outcome, changes: readonly ImportChange[]): UserImport {
  const { options, file, maxRemovedPercent } = job;
  const { counts, invited, problems, problemCount } = outcome;
  return {
    dryRun: options.dryRun,
    ...{ rows: file.rows, encoding: file.encoding, separator: file.separator },
    ignoredColumns: file.columns?.ignored ?? [],
    ...{ added: counts.ADD, invited, updated: counts.UPDATE, removed: counts.REMOVE },
    ...{ kept: counts.KEEP, unchanged: counts.SAME, members: membersIn(counts) },
    ...{ maxRemovedPercent, removesTooMany: outcome.removesTooMany },
    ...{ problems, problemCount, changes },
  };
}
