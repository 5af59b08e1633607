import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import { hasCode } from '../../../platform/system-errors.js';
import type { ApiClientService } from '../../api-clients/api-client.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { Project, ProjectService } from '../../projects/project.service.js';
import type { UserService } from '../../users/user.service.js';
import { CSV_ENCODINGS, type CsvEncoding } from '../../../platform/csv/csv-decoder.js';
import { CSV_LIMITS } from './csv-limits.js';
import { TOLD_PROBLEMS, type ImportProblem } from './import-problems.js';
import { UserImportApplier, type Inviter } from './user-import-applier.js';
import {
  changedRows,
  describeChange,
  invitedCount,
  markInvited,
  markNewcomersInvited,
} from './user-import-changes.js';
import {
  actionCounts,
  holdMatched,
  match,
  rowProblems,
  whilePlanningForMany,
} from './user-import-matching.js';
import {
  nothing,
  problemsIn,
  removesTooMany,
  resultOf,
  tellProblem,
  tooMany,
  type Job,
  type Outcome,
} from './user-import-outcome.js';
import { FileReading, type FileSource, type ReadFile } from './user-import-reading.js';
import { purgeStale, stagedCount, unstage } from './user-import-staging.js';
import {
  IMPORTED_FIELDS,
  type ImportChange,
  type ImportedField,
  type ImportObserver,
  type ImportOptions,
  type ImportPhase,
  type UserImport,
} from './user-import.js';

export { CSV_ENCODINGS, CSV_LIMITS, IMPORTED_FIELDS };
export type {
  CsvEncoding,
  FileSource,
  ImportChange,
  ImportedField,
  ImportObserver,
  ImportOptions,
  ImportProblem,
  Inviter,
  UserImport,
};
export type { ImportProgress } from './user-import.js';

/** So many changes stand in the result itself. */
const TOLD_CHANGES = 100;
/** How often it is looked whether somebody has changed meanwhile what was compared. */
const LOOKS = 3;
/** PostgreSQL: unique_violation, deadlock_detected. Somebody else was faster. */
const CONTENTION = ['23505', '40P01'] as const;

/**
 * Replaces the members of a project by those of a file: who is new is added and invited, who has changed is updated, who is missing
 * is removed. All of it, or nothing. The file is staged first, outside of any transaction, however slowly it comes; then one
 * transaction compares and changes. What is in memory does not grow with the file.
 */
export class UserImportService {
  private readonly applier: UserImportApplier;

  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly users: UserService;
      readonly clients: ApiClientService;
      readonly projects: ProjectService;
      readonly audit: AuditService;
      readonly inviter: Inviter;
    } & ConstructorParameters<typeof UserImportApplier>[0],
  ) {
    this.applier = new UserImportApplier(ports);
  }

  /**
   * @returns with `problems`, and nothing changed, where something is wrong with the file
   * @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE, INVALID_INPUT; CONFLICT with `reason` TOO_MANY_REMOVED, IMPORT_RUNNING
   * or CHANGED_MEANWHILE; FORBIDDEN where the actor may not invite; what `observer.mayApply` throws
   */
  async run(
    request: RequestContext,
    options: ImportOptions,
    { source, observer = {} }: { source: FileSource; observer?: ImportObserver },
  ): Promise<UserImport> {
    const scope = this.ports.work.read(request);
    const project = await this.projectOf(scope, options);
    const importId = randomUUID();
    try {
      const file = await this.stage(scope, { importId, source, observer });
      const job: Job = {
        ...{ importId, project, options, observer, file },
        maxRemovedPercent: options.maxRemovedPercent ?? project.settings.importMaxRemovedPercent,
        matching: {
          ...{ importId, projectId: project.id, changeShared: options.changeShared },
          hasHostIds: file.columns?.positions.has('hostId') === true,
        },
      };
      if (file.problems.total > 0) return resultOf(job, problemsIn(file), []);
      const outcome = await this.compareAndApply(request, job);
      return resultOf(job, outcome, await this.tell(scope, job, outcome));
    } finally {
      await unstage(scope, importId).catch(() => undefined); // falls to the purge
    }
  }

  /** Deletes what imports have left behind that did not live to do so. */
  purge(scope: ChangeScope): Promise<void> {
    return purgeStale(scope);
  }

  private async projectOf(scope: Scope, options: ImportOptions): Promise<Project> {
    const { maxRemovedPercent } = options;
    if (maxRemovedPercent !== null && (maxRemovedPercent < 0 || maxRemovedPercent > 100)) {
      throw invalidInput('maxRemovedPercent', 'It must be from 0 to 100.');
    }
    const project = await this.ports.projects.find(scope, options.projectId);
    if (project === undefined) throw new DomainError('NOT_FOUND');
    if (project.mode !== 'MANAGED') throw new DomainError('WRONG_PROJECT_MODE');
    return project;
  }

  private stage(
    scope: Scope,
    {
      importId,
      source,
      observer,
    }: { importId: string; source: FileSource; observer: ImportObserver },
  ): Promise<ReadFile> {
    const reading = new FileReading(scope, importId, (done, bytes) => {
      observer.signal?.throwIfAborted();
      observer.progress?.({ phase: 'READING', done, total: null, bytes });
    });
    return reading.read(source);
  }

  private async compareAndApply(request: RequestContext, job: Job): Promise<Outcome> {
    const { options, observer, file } = job;
    observer.progress?.({ phase: 'COMPARING', done: 0, total: file.rows, bytes: 0 });
    const current = options.dryRun ? request : ((await observer.mayApply?.()) ?? request);
    try {
      return await this.ports.work.change(current, async (scope) => {
        if (options.dryRun) return this.compare(scope, job);
        await refuseSecond(scope, job.project);
        const outcome = await this.compareAndHold(scope, job);
        if (outcome.problemCount > 0) return outcome;
        if (outcome.removesTooMany) throw tooMany(job, outcome.counts);
        await this.apply(scope, job, outcome);
        observer.signal?.throwIfAborted();
        return outcome;
      });
    } catch (error) {
      if (!CONTENTION.some((code) => hasCode(error, code))) throw error;
      throw new DomainError('CONFLICT', { reason: 'CHANGED_MEANWHILE' }, { cause: error });
    }
  }

  /** With the rows locked of everybody who is to be changed. */
  private async compareAndHold(scope: ChangeScope, job: Job): Promise<Outcome> {
    for (let look = 0; look < LOOKS; look += 1) {
      const outcome = await this.compare(scope, job);
      if (outcome.problemCount > 0 || outcome.removesTooMany) return outcome;
      if (await whilePlanningForMany(scope, () => holdMatched(scope, job.matching))) return outcome;
    }
    throw new DomainError('CONFLICT', { reason: 'CHANGED_MEANWHILE' });
  }

  private async compare(scope: ChangeScope, job: Job): Promise<Outcome> {
    const { importId, file, matching } = job;
    // The staged rows are not logged: a crash of the database takes them away, and nobody would be left in the file.
    if ((await stagedCount(scope, importId)) !== file.rows)
      throw new Error('Staged rows are gone.');
    await whilePlanningForMany(scope, () => match(scope, matching));
    const found = await rowProblems(scope, importId, TOLD_PROBLEMS);
    if (found.length > 0) {
      return {
        ...nothing(),
        problems: found.map((row) => tellProblem(job, row)),
        problemCount: found[0]?.total ?? 0,
      };
    }
    await this.forecastInvitations(scope, job);
    const counts = await actionCounts(scope, importId);
    const invited = await invitedCount(scope, importId);
    return { ...nothing(), counts, invited, removesTooMany: removesTooMany(job, counts) };
  }

  /** @throws DomainError where somebody is to be invited, and the actor may not */
  private async forecastInvitations(scope: ChangeScope, job: Job): Promise<void> {
    const { importId, project, options } = job;
    const { inviter } = this.ports;
    const refusal = await inviter.refusal(scope);
    if (options.invite && inviter.reachesNewcomers(project)) {
      await markNewcomersInvited(scope, importId);
    }
    for await (const rows of changedRows(scope, importId, ['ADD', 'UPDATE'])) {
      const joining = options.invite ? idsOf(rows.filter(({ action }) => action === 'ADD')) : [];
      const moved = refusal === undefined ? idsOf(rows.filter(isReaddressed)) : [];
      const invited = new Set([
        ...(joining.length === 0 ? [] : await inviter.awaiting(scope, project, joining)),
        ...(moved.length === 0 ? [] : await inviter.invitedAnew(scope, project, moved)),
      ]);
      const lines = rows.filter(({ userId }) => userId !== null && invited.has(userId));
      await markInvited(
        scope,
        importId,
        lines.map(({ line }) => line),
      );
    }
    if (refusal !== undefined && (await invitedCount(scope, importId)) > 0) throw refusal;
  }

  private async apply(scope: ChangeScope, job: Job, { counts }: Outcome): Promise<void> {
    const { importId, project, options, observer } = job;
    if (counts.ADD + counts.UPDATE + counts.REMOVE === 0) return;
    await this.requireStanding(scope);
    const totals = { REMOVING: counts.REMOVE, UPDATING: counts.UPDATE, ADDING: counts.ADD };
    let current: ImportPhase | undefined;
    let done = 0;
    await this.applier.apply(scope, {
      ...{ importId, project, invite: options.invite },
      step: (phase: keyof typeof totals, rows) => {
        observer.signal?.throwIfAborted();
        done = phase === current ? done + rows : rows;
        current = phase;
        observer.progress?.({ phase, done, total: totals[phase], bytes: 0 });
      },
    });
    await this.ports.audit.record(scope, {
      action: 'project.import-users',
      target: `project:${project.id}`,
      detail: `added ${String(counts.ADD)} updated ${String(counts.UPDATE)} removed ${String(counts.REMOVE)} unchanged ${String(counts.SAME)}`,
    });
  }

  /** He may have lost his rights since the file began to come. */
  private async requireStanding(scope: ChangeScope): Promise<void> {
    const { actor } = scope;
    if (actor.kind === 'client') await this.ports.clients.requireStanding(scope, actor.apiClientId);
    await this.ports.users.requireAuthorityOver(scope, { roles: ['USER'] });
  }

  /** @returns the first of the changes */
  private async tell(
    scope: Scope,
    { importId, observer }: Job,
    { problemCount }: Outcome,
  ): Promise<readonly ImportChange[]> {
    if (problemCount > 0) return [];
    const first: ImportChange[] = [];
    for await (const rows of changedRows(scope, importId, ['ADD', 'UPDATE', 'REMOVE', 'KEEP'])) {
      const changes = rows.map(describeChange);
      first.push(...changes.slice(0, TOLD_CHANGES - first.length));
      if (observer.change === undefined && first.length >= TOLD_CHANGES) break;
      for (const change of changes) await observer.change?.(change);
    }
    return first;
  }
}

/** One import of a project at a time; the others are told at once. */
async function refuseSecond(scope: ChangeScope, { id }: Project): Promise<void> {
  const [row] = await scope.sql<{ alone: boolean }>(
    'user-import.alone',
    'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS alone',
    [`user-import ${id}`],
  );
  if (row?.alone !== true) throw new DomainError('CONFLICT', { reason: 'IMPORT_RUNNING' });
}

function isReaddressed({
  action,
  changed,
}: {
  action: string;
  changed: readonly string[];
}): boolean {
  return action === 'UPDATE' && changed.includes('email');
}

function idsOf<Id>(rows: readonly { readonly userId: Id | null }[]): Id[] {
  return rows.flatMap(({ userId }) => userId ?? []);
}
