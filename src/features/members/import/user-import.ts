import type { RequestContext } from '../../../kernel/actor.js';
import type { CsvEncoding } from '../../../platform/csv/csv-decoder.js';
import type { Separator } from '../../../platform/csv/csv-header.js';
import type { ImportProblem } from './import-problems.js';

/** KEEP: he is not in the file, but holds a role, so that no file removes him. */
export type ImportAction = 'ADD' | 'UPDATE' | 'REMOVE' | 'KEEP' | 'SAME';

export const IMPORTED_FIELDS = ['name', 'email', 'hostId', 'syncId'] as const;
export type ImportedField = (typeof IMPORTED_FIELDS)[number];

export interface StoredValues {
  readonly name: string;
  readonly email: string | null;
  readonly hostId: string | null;
  readonly syncId: string | null;
}

export interface ImportOptions {
  readonly projectId: string;
  /** Nothing is changed: it is told what would be. */
  readonly dryRun: boolean;
  /** More of the project's members are not removed at once; null for what the project's settings say. */
  readonly maxRemovedPercent: number | null;
  /** Whether names and addresses of users may change who are members of other projects too. */
  readonly changeShared: boolean;
  /** Whether who is added gets an invitation. */
  readonly invite: boolean;
}

/** One difference between the file and the project. */
export interface ImportChange {
  readonly action: Exclude<ImportAction, 'SAME'>;
  /** Null for who is not in the file. */
  readonly line: number | null;
  readonly displayName: string;
  readonly email: string;
  readonly hostId: string | null;
  readonly syncId: string | null;
  /** What is other than before. */
  readonly changed: readonly ImportedField[];
  /** Before; null where there was no account. */
  readonly before: StoredValues | null;
  /** He has an account already, and is added to this project. */
  readonly hasAccount: boolean;
  /** He was removed from the project before, and comes back. */
  readonly returns: boolean;
  readonly isShared: boolean;
  /** An invitation goes out to him. */
  readonly invites: boolean;
}

interface ImportCounts {
  readonly added: number;
  readonly invited: number;
  readonly updated: number;
  readonly removed: number;
  readonly kept: number;
  readonly unchanged: number;
}

/** What a file means for a project, or has changed there. */
export interface UserImport extends ImportCounts {
  readonly dryRun: boolean;
  readonly rows: number;
  readonly encoding: CsvEncoding;
  /** Null for an empty file. */
  readonly separator: Separator | null;
  readonly ignoredColumns: readonly string[];
  /** How many members the project had. */
  readonly members: number;
  readonly maxRemovedPercent: number;
  /** More would be removed than that: the import itself is refused then. */
  readonly removesTooMany: boolean;
  readonly problems: readonly ImportProblem[];
  readonly problemCount: number;
  /** The first of them. */
  readonly changes: readonly ImportChange[];
}

export type ImportPhase = 'READING' | 'COMPARING' | 'REMOVING' | 'UPDATING' | 'ADDING';

export interface ImportProgress {
  readonly phase: ImportPhase;
  /** Rows so far. */
  readonly done: number;
  /** Null where it is not known. */
  readonly total: number | null;
  readonly bytes: number;
}

/** Told while an import is at work. */
export interface ImportObserver {
  /** Between two steps; must not wait. */
  progress?(progress: ImportProgress): void;
  /** Each difference, in the order of the file; outside of any transaction, so it may take its time. */
  change?(change: ImportChange): Promise<void>;
  /** Asked right before anything is changed: who it is that acts then. @throws DomainError where he may no longer */
  mayApply?(): Promise<RequestContext>;
  /** Nothing is changed where it aborts before the end. */
  readonly signal?: AbortSignal;
}
