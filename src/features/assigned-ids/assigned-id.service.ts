import { newId, type AssignedIdId, type ProfileId, type ProjectId } from '../../kernel/ids.js';
import { loaderOf } from '../../platform/loaders.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { ProfileService } from '../profiles/profile.service.js';
import type { SelfRegistrationService } from '../projects/self-registration/self-registration.service.js';
import { appendToLog } from './assigned-id-log.service.js';
import { ASSIGNED_ID, type AssignedId } from './assigned-id.js';

export type { AssignedId };

/** An ID in the transaction that activates: `earlierProfileId` is the mobile ID that it has stood for until now. */
export interface Assignment {
  readonly id: AssignedIdId;
  readonly value: string;
  readonly earlierProfileId: ProfileId | null;
}

interface Phone {
  readonly projectId: ProjectId;
  /** Of its own key. */
  readonly deviceThumbprint: string;
}

const STANDING = `project_id = $1 AND device_thumbprint = $2 AND status <> 'REVOKED'`;
const INSERT = `
  INSERT INTO assigned_id (id, project_id, number, value, device_thumbprint, status, assigned_at, last_seen_at)
  VALUES ($1, $2, $3, $4, $5, 'ASSIGNED', now(), now())`;
const LOCK_REVOKED = `
  SELECT a.id FROM assigned_id a JOIN profile p ON p.id = a.profile_id
  WHERE a.profile_id = ANY($1) AND p.state = 'REVOKED' AND a.status <> 'REVOKED' ORDER BY a.id FOR UPDATE OF a`;
const REVOKE = `
  UPDATE assigned_id SET status = 'REVOKED', revoked_at = now()
  WHERE id = ANY($1) AND status <> 'REVOKED' RETURNING id, value`;
/** By the log, so that an earlier mobile ID of the same phone still tells which ID it had. */
const OF_PROFILES = `
  SELECT DISTINCT e.profile_id AS "askedFor", ${ASSIGNED_ID}
  FROM assigned_id_event e JOIN assigned_id a ON a.id = e.assigned_id WHERE e.profile_id = ANY($1)`;

/**
 * The IDs of phones that came by an activation code: each phone has one in a project, and keeps it. Locks are taken in this
 * order: the project's row of IDs, the phone, its earlier mobile ID, its ID.
 */
export class AssignedIdService {
  constructor(
    private readonly ports: {
      readonly selfRegistrations: Pick<SelfRegistrationService, 'takeNumber'>;
      readonly profiles: Pick<ProfileService, 'lock' | 'revoke'>;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * The ID that this phone has, or the next one, in the transaction that activates: {@link bind} has to follow in it. Taken if
   * that commits, and else not.
   * @throws DomainError ACTIVATION_PAUSED, QUOTA_REACHED, ID_RANGE_EXHAUSTED where it would need a new one
   */
  async assign(scope: ChangeScope, phone: Phone): Promise<Assignment> {
    await this.awaitTurn(scope, phone);
    return (await this.lockStanding(scope, phone)) ?? this.assignNext(scope, phone);
  }

  /** The ID stands for this mobile ID from now on. The one that it stood for before is superseded, and revoked. */
  async bind(scope: ChangeScope, assignment: Assignment, profileId: ProfileId): Promise<void> {
    const { id, value, earlierProfileId } = assignment;
    await scope.sql(
      'assigned-id.bind',
      'UPDATE assigned_id SET profile_id = $2, last_seen_at = now() WHERE id = $1',
      [id, profileId],
    );
    await appendToLog(scope, [id], earlierProfileId === null ? 'ASSIGNED' : 'REACTIVATED');
    await this.ports.audit.record(scope, {
      action: earlierProfileId === null ? 'assigned-id.assign' : 'assigned-id.reactivate',
      target: `assigned-id:${id}`,
      detail: `${value} profile:${profileId}`,
    });
    if (earlierProfileId === null) return;
    const detail = `superseded by profile:${profileId}`;
    await this.ports.profiles.revoke(scope, [earlierProfileId], { reason: 'superseded', detail });
  }

  /** For mobile IDs that have ended: an ID goes with the revocation of its own, and with nothing else. */
  async revokeWith(scope: ChangeScope, profileIds: readonly ProfileId[]): Promise<void> {
    const rows = await scope.sql<{ id: AssignedIdId }>('assigned-id.lock-revoked', LOCK_REVOKED, [
      profileIds,
    ]);
    await this.revoke(
      scope,
      rows.map(({ id }) => id),
    );
  }

  /** For good: nobody gets these IDs again. Those that are revoked already stay as they are. */
  async revoke(scope: ChangeScope, ids: readonly AssignedIdId[], reason?: string): Promise<void> {
    if (ids.length === 0) return;
    const revoked = await scope.sql<Pick<AssignedId, 'id' | 'value'>>(
      'assigned-id.revoke',
      REVOKE,
      [ids],
    );
    if (revoked.length === 0) return;
    await appendToLog(
      scope,
      revoked.map(({ id }) => id),
      'REVOKED',
    );
    for (const { id, value } of revoked) {
      const detail = reason === undefined ? value : `${value} ${reason}`;
      const target = `assigned-id:${id}`;
      await this.ports.audit.record(scope, { action: 'assigned-id.revoke', target, detail });
    }
  }

  /**
   * With its mobile ID, in the order in which activations lock them, its phone's turn first: until the transaction ends the phone
   * is not activated again, so that this stays the mobile ID that the ID stands for.
   */
  async lock(scope: ChangeScope, id: AssignedIdId): Promise<AssignedId> {
    const [phone] = await scope.sql<Phone>(
      'assigned-id.phone',
      'SELECT project_id AS "projectId", device_thumbprint AS "deviceThumbprint" FROM assigned_id WHERE id = $1',
      [id],
    );
    if (phone === undefined) throw new Error('The assigned ID is gone.');
    await this.awaitTurn(scope, phone);
    const { profileId } = await this.read(scope, id, '');
    await this.ports.profiles.lock(scope, profileId);
    return this.read(scope, id, 'FOR UPDATE');
  }

  /** By its value, exactly as it was assigned. */
  async byValue(
    scope: Scope,
    projectId: ProjectId,
    value: string,
  ): Promise<AssignedId | undefined> {
    const [row] = await scope.sql<AssignedId>(
      'assigned-id.by-value',
      `SELECT ${ASSIGNED_ID} FROM assigned_id a WHERE a.project_id = $1 AND a.value = $2`,
      [projectId, value],
    );
    return row;
  }

  /** Read together with the other IDs that this request asks for. */
  load(scope: Scope, id: AssignedIdId): Promise<AssignedId> {
    const loader = loaderOf<AssignedIdId, AssignedId>(scope.request, 'assigned-id', async (ids) => {
      const rows = await scope.sql<AssignedId>(
        'assigned-id.by-ids',
        `SELECT ${ASSIGNED_ID} FROM assigned_id a WHERE a.id = ANY($1)`,
        [ids],
      );
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((wanted) => byId.get(wanted) ?? new Error('The assigned ID is gone.'));
    });
    return loader.load(id);
  }

  /** The ID that a mobile ID stands for, or stood for until the same phone got another one; null where it has none. */
  loadOfProfile(scope: Scope, profileId: ProfileId): Promise<AssignedId | null> {
    const loader = loaderOf<ProfileId, AssignedId | null>(
      scope.request,
      'assigned-id-of-profile',
      async (ids) => {
        const rows = await scope.sql<AssignedId & { askedFor: ProfileId }>(
          'assigned-id.of-profiles',
          OF_PROFILES,
          [ids],
        );
        const byProfile = new Map(rows.map(({ askedFor, ...row }) => [askedFor, row]));
        return ids.map((id) => byProfile.get(id) ?? null);
      },
    );
    return loader.load(profileId);
  }

  private async read(scope: Scope, id: AssignedIdId, how: '' | 'FOR UPDATE'): Promise<AssignedId> {
    const [row] = await scope.sql<AssignedId>(
      how === '' ? 'assigned-id.read' : 'assigned-id.lock',
      `SELECT ${ASSIGNED_ID} FROM assigned_id a WHERE a.id = $1 ${how}`,
      [id],
    );
    if (row === undefined) throw new Error('The assigned ID is gone.');
    return row;
  }

  /** Two activations of one phone wait for each other here, so that neither takes a number in vain. */
  private async awaitTurn(
    scope: ChangeScope,
    { projectId, deviceThumbprint }: Phone,
  ): Promise<void> {
    await scope.sql(
      'assigned-id.await-turn',
      'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))',
      [`assigned-id/${projectId}/${deviceThumbprint}`],
    );
  }

  /** The mobile ID is locked before the ID, as by whoever revokes it. */
  private async lockStanding(
    scope: ChangeScope,
    { projectId, deviceThumbprint }: Phone,
  ): Promise<Assignment | undefined> {
    const [seen] = await scope.sql<{ profileId: ProfileId }>(
      'assigned-id.find-standing',
      `SELECT profile_id AS "profileId" FROM assigned_id WHERE ${STANDING}`,
      [projectId, deviceThumbprint],
    );
    if (seen === undefined) return undefined;
    await this.ports.profiles.lock(scope, seen.profileId);
    const [row] = await scope.sql<Assignment>(
      'assigned-id.lock-standing',
      `SELECT id, value, profile_id AS "earlierProfileId" FROM assigned_id WHERE ${STANDING} FOR UPDATE`,
      [projectId, deviceThumbprint],
    );
    return row;
  }

  private async assignNext(
    scope: ChangeScope,
    { projectId, deviceThumbprint }: Phone,
  ): Promise<Assignment> {
    const { number, value } = await this.ports.selfRegistrations.takeNumber(scope, projectId);
    const id = newId<AssignedIdId>();
    await scope.sql('assigned-id.insert', INSERT, [id, projectId, number, value, deviceThumbprint]);
    return { id, value, earlierProfileId: null };
  }
}
