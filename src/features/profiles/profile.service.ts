import { In } from 'typeorm';
import { projectLimitOf, reachesProject } from '../../kernel/actor.js';
import { DomainError } from '../../kernel/errors.js';
import type { ProfileId, ProjectId, UserId } from '../../kernel/ids.js';
import type { PageRequest } from '../../kernel/pagination.js';
import { keysetPage, type Condition, type CountedPage } from '../../platform/database/keyset.js';
import { loaderOf } from '../../platform/loaders.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { CertificateService, RevocationReason } from '../certificates/certificate.service.js';
import { Profile } from './profile.entity.js';
import { profilesEnded, profilesMoved } from './profile.events.js';
import {
  LIVING_STATES,
  predecessorsOf,
  stateAt,
  type ProfileState,
  type Suspender,
} from './profile-state.js';

export type NewProfile = Omit<Profile, 'state' | 'suspendedBy' | 'createdAt'>;
export type MobileIdProfile = Profile;
export { stateAt };
export type { ProfileState };

export interface ProfileFilter {
  readonly projectId?: ProjectId | undefined;
  readonly userId?: UserId | undefined;
  readonly state?: ProfileState | undefined;
}

const COLUMNS = `id, project_id AS "projectId", user_id AS "userId", enrolment_id AS "enrolmentId",
  device_id AS "deviceId", name, account_name AS "accountName", server_name AS "serverName", state,
  suspended_by AS "suspendedBy", valid_from AS "validFrom", valid_to AS "validTo", created_at AS "createdAt"`;

const REVOKE = `
  UPDATE profile SET state = 'REVOKED', suspended_by = '{}' WHERE id = ANY($1) AND state = ANY($2) RETURNING id`;
const SUSPEND = `
  UPDATE profile SET state = 'INACTIVE', suspended_by = suspended_by || $2::text
  WHERE id = ANY($1) AND state = ANY($3) AND valid_to > now() AND $2 <> ALL(suspended_by) RETURNING id`;
/** Only those that are ACTIVE again are answered. */
const RELEASE = `
  WITH lifted AS (
    UPDATE profile SET suspended_by = ARRAY(SELECT s FROM unnest(suspended_by) AS s WHERE s <> ALL($2)),
      state = CASE WHEN suspended_by <@ $2::text[] THEN 'ACTIVE' ELSE state END
    WHERE id = ANY($1) AND state = ANY($3) AND valid_to > now() RETURNING id, state)
  SELECT id FROM lifted WHERE state = 'ACTIVE'`;
const EXPIRE = `
  UPDATE profile SET state = 'EXPIRED', suspended_by = '{}'
  WHERE id IN (
    SELECT id FROM profile WHERE state IN ('ACTIVE', 'INACTIVE') AND valid_to <= now() LIMIT 500 FOR UPDATE SKIP LOCKED)
  RETURNING id`;
const LIVING = 'SELECT id FROM profile WHERE id = ANY($1) AND state = ANY($2)';
const LOCK_LIVING = `
  SELECT id FROM profile WHERE user_id = $1 AND state = ANY($2) AND project_id = coalesce($3, project_id)
  ORDER BY id FOR UPDATE`;

/** Mobile IDs and their states. A profile and its certificates change together. */
export class ProfileService {
  constructor(
    private readonly certificates: CertificateService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Refuses one mobile ID too many. The caller holds the user's row lock, so that two orders cannot both be the last one.
   * @param holder `replacesProfileId` is the one that is to go, and does not count; without a user there is no limit
   * @throws DomainError PROFILE_LIMIT_REACHED
   */
  async refuseBeyondLimit(
    scope: Scope,
    holder: { userId: UserId | null; projectId: ProjectId; replacesProfileId: ProfileId | null },
    limit: number,
  ): Promise<void> {
    if (holder.userId === null) return;
    const [row] = await scope.sql<{ held: number }>(
      'profile.held',
      `SELECT count(*)::int AS held FROM profile
       WHERE user_id = $1 AND project_id = $2 AND state = ANY($3) AND id IS DISTINCT FROM $4`,
      [holder.userId, holder.projectId, LIVING_STATES, holder.replacesProfileId],
    );
    if ((row?.held ?? 0) >= limit) throw new DomainError('PROFILE_LIMIT_REACHED', { limit });
  }

  /** Stores a new profile, ACTIVE. */
  async create(scope: ChangeScope, profile: NewProfile): Promise<MobileIdProfile> {
    await scope.sql(
      'profile.create',
      `INSERT INTO profile (id, project_id, user_id, enrolment_id, device_id, name, account_name, server_name,
         state, valid_from, valid_to, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'ACTIVE', $9, $10, $11)`,
      [
        profile.id,
        profile.projectId,
        profile.userId,
        profile.enrolmentId,
        profile.deviceId,
        profile.name,
        profile.accountName,
        profile.serverName,
        profile.validFrom,
        profile.validTo,
        scope.now,
      ],
    );
    return { ...profile, state: 'ACTIVE', suspendedBy: [], createdAt: scope.now };
  }

  /** Null also where it is out of the actor's reach. */
  /** Whether the user has a mobile ID of the project, be it suspended. */
  async isHolder(
    scope: Scope,
    { userId, projectId }: { readonly userId: UserId; readonly projectId: ProjectId },
  ): Promise<boolean> {
    const held = await scope.sql(
      'profile.is-holder',
      'SELECT FROM profile WHERE user_id = $1 AND project_id = $2 AND state = ANY($3) LIMIT 1',
      [userId, projectId, LIVING_STATES],
    );
    return held.length > 0;
  }

  async find(scope: Scope, id: ProfileId): Promise<MobileIdProfile | null> {
    const [row] = await scope.sql<MobileIdProfile>(
      'profile.find',
      `SELECT ${COLUMNS} FROM profile WHERE id = $1`,
      [id],
    );
    return withinReach(scope, row);
  }

  /** Read together with the other profiles that this request asks for. */
  load(scope: Scope, id: ProfileId): Promise<MobileIdProfile> {
    const loader = loaderOf<ProfileId, Profile>(scope.request, 'profile', async (ids) => {
      const rows = await scope.db.findBy(Profile, { id: In(ids) });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((wanted) => byId.get(wanted) ?? new DomainError('NOT_FOUND'));
    });
    return loader.load(id);
  }

  list(
    scope: Scope,
    filter: ProfileFilter,
    request: PageRequest,
  ): Promise<CountedPage<MobileIdProfile>> {
    const wanted: [string, unknown][] = [
      ['project_id = ANY(?)', projectLimitOf(scope.actor)],
      ['project_id = ?', filter.projectId],
      ['user_id = ?', filter.userId],
      ['state = ?', filter.state],
    ];
    return keysetPage<MobileIdProfile>(
      scope,
      {
        table: 'profile',
        columns: COLUMNS,
        conditions: wanted.filter((c): c is [string, unknown] & Condition => c[1] !== undefined),
      },
      request,
    );
  }

  /** A user's profiles, newest first; read together with those of the other users that this request asks for. */
  ofUser(scope: Scope, userId: UserId): Promise<MobileIdProfile[]> {
    const loader = loaderOf(scope.request, 'profiles-of-user', async (ids: readonly UserId[]) => {
      const rows = await scope.db.find(Profile, {
        where: { userId: In(ids) },
        order: { createdAt: 'DESC', id: 'DESC' },
      });
      const reached = rows.filter((row) => reachesProject(scope.actor, row.projectId));
      return ids.map((id) => reached.filter((row) => row.userId === id));
    });
    return loader.load(userId);
  }

  /** With its row locked until the transaction ends; null also where it is out of the actor's reach. */
  async lock(scope: ChangeScope, id: ProfileId): Promise<MobileIdProfile | null> {
    const [row] = await scope.sql<MobileIdProfile>(
      'profile.lock',
      `SELECT ${COLUMNS} FROM profile WHERE id = $1 FOR UPDATE`,
      [id],
    );
    return withinReach(scope, row);
  }

  /** Renewed, it lasts as long as the longest of its certificates. */
  async prolong(
    scope: ChangeScope,
    profile: MobileIdProfile,
    notAfter: Date,
  ): Promise<MobileIdProfile> {
    const [row] = await scope.sql<Pick<MobileIdProfile, 'validTo'>>(
      'profile.prolong',
      'UPDATE profile SET valid_to = greatest(valid_to, $2) WHERE id = $1 RETURNING valid_to AS "validTo"',
      [profile.id, notAfter],
    );
    return Object.assign(profile, row);
  }

  /** ACTIVE and INACTIVE become REVOKED, which is final. Others stay as they are. */
  async revoke(
    scope: ChangeScope,
    ids: readonly ProfileId[],
    { reason, detail }: { readonly reason: RevocationReason; readonly detail?: string | undefined },
  ): Promise<void> {
    const revoked = await this.moved(scope, 'profile.revoke', REVOKE, [
      ids,
      predecessorsOf('REVOKED'),
    ]);
    if (revoked.length === 0) return;
    await this.certificates.revoke(scope, revoked, reason);
    await this.finish(scope, 'profile.revoke', revoked, detail);
    await scope.raise(profilesMoved, { profileIds: revoked, to: 'REVOKED' });
    await scope.raise(profilesEnded, { profileIds: revoked });
  }

  /** ACTIVE becomes INACTIVE. Who suspends what is INACTIVE already has to lift it himself. */
  async suspend(
    scope: ChangeScope,
    ids: readonly ProfileId[],
    { by, detail }: { readonly by: Suspender; readonly detail?: string | undefined },
  ): Promise<void> {
    const suspended = await this.moved(scope, 'profile.suspend', SUSPEND, [
      ids,
      by,
      [...predecessorsOf('INACTIVE'), 'INACTIVE'],
    ]);
    if (suspended.length === 0) return;
    await this.certificates.hold(scope, suspended);
    await this.finish(scope, 'profile.deactivate', suspended, detail);
    await scope.raise(profilesMoved, { profileIds: suspended, to: 'INACTIVE' });
    await scope.raise(profilesEnded, { profileIds: suspended });
  }

  /** INACTIVE becomes ACTIVE where nobody else has suspended it. */
  async release(
    scope: ChangeScope,
    ids: readonly ProfileId[],
    { by, detail }: { readonly by: readonly Suspender[]; readonly detail?: string | undefined },
  ): Promise<void> {
    const released = await this.moved(scope, 'profile.release', RELEASE, [
      ids,
      by,
      predecessorsOf('ACTIVE'),
    ]);
    if (released.length === 0) return;
    await this.certificates.release(scope, released);
    await this.finish(scope, 'profile.reactivate', released, detail);
    await scope.raise(profilesMoved, { profileIds: released, to: 'ACTIVE' });
  }

  /** For who is locked. */
  async revokeAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    const ids = await this.lockLiving(scope, userId);
    await this.revoke(scope, ids, { reason: 'privilegeWithdrawn', detail: 'user locked' });
  }

  /** For who is deactivated. */
  async deactivateAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    const ids = await this.lockLiving(scope, userId);
    await this.suspend(scope, ids, { by: 'ACCOUNT', detail: 'user deactivated' });
  }

  /** For who is activated again: what he or an operator has suspended stays suspended. */
  async reactivateAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    const ids = await this.lockLiving(scope, userId);
    await this.release(scope, ids, { by: ['ACCOUNT'], detail: 'user activated' });
  }

  /** For who is removed from a project. */
  async suspendAllIn(scope: ChangeScope, projectId: ProjectId, userId: UserId): Promise<void> {
    const ids = await this.lockLiving(scope, userId, projectId);
    await this.suspend(scope, ids, { by: 'PROJECT', detail: 'removed from the project' });
  }

  /** For who is added to the project again: what somebody else has suspended stays suspended. */
  async releaseAllIn(scope: ChangeScope, projectId: ProjectId, userId: UserId): Promise<void> {
    const ids = await this.lockLiving(scope, userId, projectId);
    await this.release(scope, ids, { by: ['PROJECT'], detail: 'added to the project again' });
  }

  /** What has run out becomes EXPIRED, its certificates with it. What somebody is changing, or is too much, falls to the next sweep. */
  async expire(scope: ChangeScope): Promise<void> {
    const expired = await this.moved(scope, 'profile.expire', EXPIRE, []);
    await this.finish(scope, 'profile.expire', expired);
    if (expired.length > 0)
      await scope.raise(profilesMoved, { profileIds: expired, to: 'EXPIRED' });
    const kindsOf = await this.certificates.expire(scope);
    const living = [[...kindsOf.keys()], LIVING_STATES];
    for (const id of await this.moved(scope, 'profile.living', LIVING, living)) {
      const kinds = kindsOf.get(id)?.join(' ');
      await this.finish(scope, 'profile.expire-certificates', [id], kinds);
    }
    const withoutKeys = [...kindsOf].filter(([, kinds]) => kinds.includes('AUTHENTICATION'));
    const ended = new Set([...expired, ...withoutKeys.map(([id]) => id)]);
    if (ended.size > 0) await scope.raise(profilesEnded, { profileIds: [...ended] });
  }

  /** In the order of their ids, so that nobody waits in a circle. */
  private async lockLiving(
    scope: ChangeScope,
    userId: UserId,
    projectId: ProjectId | null = null,
  ): Promise<ProfileId[]> {
    const values = [userId, LIVING_STATES, projectId];
    return this.moved(scope, 'profile.lock-living', LOCK_LIVING, values);
  }

  private async moved(
    scope: ChangeScope,
    name: string,
    statement: string,
    values: readonly unknown[],
  ): Promise<ProfileId[]> {
    const rows = await scope.sql<{ id: ProfileId }>(name, statement, values);
    return rows.map(({ id }) => id);
  }

  private async finish(
    scope: ChangeScope,
    action: string,
    ids: readonly ProfileId[],
    detail?: string,
  ): Promise<void> {
    for (const id of ids) {
      await this.audit.record(scope, { action, target: `profile:${id}`, detail });
    }
  }
}

/** What is over already has no place that another could take. */
export function mayBeReplaced(profile: MobileIdProfile, now: Date): boolean {
  return LIVING_STATES.includes(stateAt(profile, now));
}

function withinReach(
  { actor }: Scope,
  profile: MobileIdProfile | undefined,
): MobileIdProfile | null {
  return profile !== undefined && reachesProject(actor, profile.projectId) ? profile : null;
}
