import { In } from 'typeorm';
import { projectLimitOf, reachesProject } from '../../kernel/actor.js';
import { DomainError } from '../../kernel/errors.js';
import type { ProfileId, ProjectId, UserId } from '../../kernel/ids.js';
import type { PageRequest } from '../../kernel/pagination.js';
import { keysetPage, type Condition, type CountedPage } from '../../platform/keyset.js';
import { loaderOf } from '../../platform/loaders.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { CertificateService } from '../certificates/certificate.service.js';
import { Profile } from './profile.entity.js';
import { profilesEnded } from './profile.events.js';
import type { ProfileState } from './profile-state.js';

export type NewProfile = Omit<Profile, 'state' | 'createdAt'>;
export type MobileIdProfile = Profile;

export interface ProfileFilter {
  readonly projectId?: ProjectId | undefined;
  readonly userId?: UserId | undefined;
  readonly state?: ProfileState | undefined;
}

const COLUMNS = `id, project_id AS "projectId", user_id AS "userId", enrolment_id AS "enrolmentId",
  device_id AS "deviceId", name, account_name AS "accountName", server_name AS "serverName", state,
  valid_from AS "validFrom", valid_to AS "validTo", created_at AS "createdAt"`;

/** Mobile IDs and their states. A profile and its certificates change together. */
export class ProfileService {
  constructor(private readonly certificates: CertificateService) {}

  /**
   * Refuses one mobile ID too many. The caller holds the user's row lock, so that two orders cannot both be the last one.
   * @throws DomainError PROFILE_LIMIT_REACHED
   */
  async refuseBeyondLimit(
    scope: Scope,
    holder: { userId: UserId; projectId: ProjectId },
    limit: number,
  ): Promise<void> {
    const [row] = await scope.sql<{ held: number }>(
      'profile.held',
      `SELECT count(*)::int AS held FROM profile
       WHERE user_id = $1 AND project_id = $2 AND state IN ('ACTIVE', 'INACTIVE')`,
      [holder.userId, holder.projectId],
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
    return { ...profile, state: 'ACTIVE', createdAt: scope.now };
  }

  /** Null also where it is out of the actor's reach. */
  async find(scope: Scope, id: ProfileId): Promise<MobileIdProfile | null> {
    const [row] = await scope.sql<MobileIdProfile>(
      'profile.find',
      `SELECT ${COLUMNS} FROM profile WHERE id = $1`,
      [id],
    );
    return row !== undefined && reachesProject(scope.actor, row.projectId) ? row : null;
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

  /** REVOKED, which is final: for who is locked. */
  async revokeAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    const changed = await this.move(scope, userId, ['ACTIVE', 'INACTIVE'], 'REVOKED');
    await this.certificates.revoke(scope, changed, 'privilegeWithdrawn');
    await tellOfEnd(scope, changed);
  }

  /** ACTIVE profiles become INACTIVE: for who is deactivated. */
  async deactivateAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    const changed = await this.move(scope, userId, ['ACTIVE'], 'INACTIVE');
    await this.certificates.hold(scope, changed);
    await tellOfEnd(scope, changed);
  }

  /** INACTIVE profiles become ACTIVE again. */
  async reactivateAllOf(scope: ChangeScope, userId: UserId): Promise<void> {
    const changed = await this.move(scope, userId, ['INACTIVE'], 'ACTIVE');
    await this.certificates.release(scope, changed);
  }

  /** What has run out becomes EXPIRED, its certificates with it. */
  async expire(scope: ChangeScope): Promise<void> {
    const expired = await scope.sql<{ id: ProfileId }>(
      'profile.expire',
      `UPDATE profile SET state = 'EXPIRED' WHERE state IN ('ACTIVE', 'INACTIVE') AND valid_to <= now() RETURNING id`,
      [],
    );
    const withoutKeys = await this.certificates.expire(scope);
    await tellOfEnd(scope, [...new Set([...expired.map(({ id }) => id), ...withoutKeys])]);
  }

  private async move(
    scope: ChangeScope,
    userId: UserId,
    from: readonly ProfileState[],
    to: ProfileState,
  ): Promise<ProfileId[]> {
    const rows = await scope.sql<{ id: ProfileId }>(
      'profile.move-all-of-user',
      'UPDATE profile SET state = $3 WHERE user_id = $1 AND state = ANY($2) RETURNING id',
      [userId, from, to],
    );
    return rows.map(({ id }) => id);
  }
}

async function tellOfEnd(scope: ChangeScope, profileIds: readonly ProfileId[]): Promise<void> {
  if (profileIds.length > 0) await scope.raise(profilesEnded, { profileIds });
}
