import type { ProjectId, UserId } from '../../../kernel/ids.js';
import type { ChangeScope } from '../../../platform/scope.js';
import type { Project } from '../../projects/project.service.js';
import type { ChangedPerson, NamedPerson, UserBulkService } from '../../users/user-bulk.service.js';
import type { ChangedMembership, MemberBulkService } from '../member-bulk.service.js';
import type { MemberService } from '../member.service.js';
import { changedRows, type ChangedRow } from './user-import-changes.js';
import type { ImportPhase } from './user-import.js';

type Applied = Extract<ImportPhase, 'REMOVING' | 'UPDATING' | 'ADDING'>;

/** Whoever invites members lies above: what an import asks of him. */
export interface Inviter {
  /** Why the actor may not invite; undefined where he may. */
  refusal(scope: ChangeScope): Promise<Error | undefined>;
  /** Whether somebody with no more than an address gets an invitation. */
  reachesNewcomers(project: Project): boolean;
  /** Those whom an invitation reaches, and who have no mobile ID of the project, nor an order under way. */
  awaiting(
    scope: ChangeScope,
    project: Project,
    ids: readonly UserId[],
  ): Promise<ReadonlySet<UserId>>;
  /** Those members who are invited anew by themselves when their address changes. */
  invitedAnew(
    scope: ChangeScope,
    project: Project,
    ids: readonly UserId[],
  ): Promise<ReadonlySet<UserId>>;
  /** Invites those of them who are {@link awaiting}. */
  invite(scope: ChangeScope, project: Project, ids: readonly UserId[]): Promise<void>;
}

export interface Applying {
  readonly importId: string;
  readonly project: Project;
  readonly invite: boolean;
  /** Between two steps. @throws Error to undo everything */
  readonly step: (phase: Applied, rows: number) => void;
}

/** Makes of the project what the staged rows say; all of it in the transaction of the scope. */
export class UserImportApplier {
  constructor(
    private readonly ports: {
      readonly members: MemberService;
      readonly memberBulk: MemberBulkService;
      readonly userBulk: UserBulkService;
      readonly inviter: Inviter;
    },
  ) {}

  /** Whoever goes goes first: the others may need his IDs. */
  async apply(scope: ChangeScope, applying: Applying): Promise<void> {
    await this.remove(scope, applying);
    await this.update(scope, applying);
    await this.add(scope, applying);
  }

  private async remove(scope: ChangeScope, { importId, project, step }: Applying): Promise<void> {
    for await (const rows of changedRows(scope, importId, ['REMOVE'])) {
      for (const { userId } of rows) {
        if (userId === null) continue;
        await this.ports.members.remove(scope, { projectId: project.id, userId });
        step('REMOVING', 1);
      }
    }
  }

  private async update(scope: ChangeScope, { importId, project, step }: Applying): Promise<void> {
    const { memberBulk, userBulk } = this.ports;
    for await (const rows of changedRows(scope, importId, ['UPDATE'])) {
      const freed = rows.filter(({ changed }) => changed.includes('hostId'));
      await memberBulk.freeHostIds(
        scope,
        freed.flatMap(({ memberId }) => memberId ?? []),
      );
    }
    for await (const rows of changedRows(scope, importId, ['UPDATE'])) {
      await memberBulk.updateAll(scope, project.id, rows.flatMap(membershipIn));
      await userBulk.updateAll(scope, rows.flatMap(personIn));
      step('UPDATING', rows.length);
    }
  }

  private async add(scope: ChangeScope, applying: Applying): Promise<void> {
    const { importId, project, invite, step } = applying;
    for await (const rows of changedRows(scope, importId, ['ADD'])) {
      const ids = await this.accountsOf(scope, rows);
      await this.ports.userBulk.updateAll(scope, rows.flatMap(personIn));
      await this.join(scope, applying, { rows, ids, projectId: project.id });
      if (invite) {
        await this.ports.inviter.invite(
          scope,
          project,
          rows.flatMap(({ returns }, i) => (returns ? [] : (ids[i] ?? []))),
        );
      }
      step('ADDING', rows.length);
    }
  }

  /** Of each row; those who have none get one. */
  private async accountsOf(
    scope: ChangeScope,
    rows: readonly ChangedRow[],
  ): Promise<readonly UserId[]> {
    const newcomers = rows.filter(({ userId }) => userId === null);
    const made = await this.ports.userBulk.createAll(
      scope,
      newcomers.map(({ displayName, email, syncId }) => ({
        ...{ displayName, email },
        usernames: syncId === null ? [email] : [email, syncId],
      })),
    );
    const byLine = new Map<number, NamedPerson | undefined>(
      newcomers.map(({ line }, i) => [line, made[i]]),
    );
    return rows.map(({ line, userId }) => {
      const id = userId ?? byLine.get(line)?.id;
      if (id === undefined) throw new Error('A row has no account.');
      return id;
    });
  }

  private async join(
    scope: ChangeScope,
    { invite }: Applying,
    joining: {
      readonly rows: readonly ChangedRow[];
      readonly ids: readonly UserId[];
      readonly projectId: ProjectId;
    },
  ): Promise<void> {
    const { rows, ids, projectId } = joining;
    const added = rows.flatMap(({ hostId, syncId, returns }, i) => {
      const userId = ids[i];
      return userId === undefined ? [] : [{ userId, hostId, syncId, returns }];
    });
    await this.ports.memberBulk.addAll(scope, projectId, { added, invite });
  }
}

/** What changes of him as a user; nothing, or one. */
function personIn({ userId, displayName, email, changed, before }: ChangedRow): ChangedPerson[] {
  const names = changed.flatMap((field) =>
    field === 'name' ? (['displayName'] as const) : field === 'email' ? (['email'] as const) : [],
  );
  if (userId === null || names.length === 0) return [];
  const kept = changed.includes('email') ? email : (before?.email ?? email);
  return [{ id: userId, displayName, email: kept, changed: names }];
}

/** What changes of him as a member; nothing, or one. */
function membershipIn(row: ChangedRow): ChangedMembership[] {
  const { memberId, userId, changed, before } = row;
  if (memberId === null || userId === null) return [];
  const [isHostId, isSyncId] = [changed.includes('hostId'), changed.includes('syncId')];
  if (!isHostId && !isSyncId) return [];
  const kept = before ?? row;
  return [
    {
      ...{ memberId, userId },
      hostId: isHostId ? row.hostId : kept.hostId,
      syncId: isSyncId ? row.syncId : kept.syncId,
    },
  ];
}
