import { newId, type AssignedIdId, type ProfileId, type ProjectId } from '../../kernel/ids.js';
import type { ChangeScope } from '../../platform/scope.js';
import type { ProfileService } from '../profiles/profile.service.js';
import type { SelfRegistrationService } from '../projects/self-registration/self-registration.service.js';

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

/** The IDs of phones that came by an activation code: each phone has one in a project, and keeps it. */
export class AssignedIdService {
  constructor(
    private readonly ports: {
      readonly selfRegistrations: Pick<SelfRegistrationService, 'takeNumber'>;
      readonly profiles: Pick<ProfileService, 'lock' | 'revoke'>;
    },
  ) {}

  /**
   * The ID that this phone has, or the next one, in the transaction that activates: {@link bind} has to follow in it.
   * @throws DomainError ACTIVATION_PAUSED, QUOTA_REACHED, ID_RANGE_EXHAUSTED where it would need a new one
   */
  async assign(scope: ChangeScope, phone: Phone): Promise<Assignment> {
    const { projectId, deviceThumbprint } = phone;
    const [seen] = await scope.sql<{ profileId: ProfileId }>(
      'assigned-id.find-standing',
      `SELECT profile_id AS "profileId" FROM assigned_id WHERE ${STANDING}`,
      [projectId, deviceThumbprint],
    );
    if (seen !== undefined) {
      await this.ports.profiles.lock(scope, seen.profileId);
      const [row] = await scope.sql<Assignment>(
        'assigned-id.lock-standing',
        `SELECT id, value, profile_id AS "earlierProfileId" FROM assigned_id WHERE ${STANDING} FOR UPDATE`,
        [projectId, deviceThumbprint],
      );
      if (row !== undefined) return row;
    }
    const { number, value } = await this.ports.selfRegistrations.takeNumber(scope, projectId);
    const id = newId<AssignedIdId>();
    await scope.sql(
      'assigned-id.insert',
      `INSERT INTO assigned_id (id, project_id, number, value, device_thumbprint, status, assigned_at)
       VALUES ($1, $2, $3, $4, $5, 'ASSIGNED', now())`,
      [id, projectId, number, value, deviceThumbprint],
    );
    return { id, value, earlierProfileId: null };
  }

  /** The ID stands for this mobile ID from now on. The one that it stood for before is superseded, and revoked. */
  async bind(scope: ChangeScope, assignment: Assignment, profileId: ProfileId): Promise<void> {
    const { id, earlierProfileId } = assignment;
    await scope.sql('assigned-id.bind', 'UPDATE assigned_id SET profile_id = $2 WHERE id = $1', [
      id,
      profileId,
    ]);
    if (earlierProfileId === null) return;
    const detail = `superseded by profile:${profileId}`;
    await this.ports.profiles.revoke(scope, [earlierProfileId], { reason: 'superseded', detail });
  }

  /** For mobile IDs that have ended: an ID goes with the revocation of its own, and with nothing else. */
  async revokeWith(scope: ChangeScope, profileIds: readonly ProfileId[]): Promise<void> {
    await scope.sql(
      'assigned-id.revoke',
      `UPDATE assigned_id a SET status = 'REVOKED', revoked_at = now() FROM profile p
       WHERE p.id = a.profile_id AND a.profile_id = ANY($1) AND p.state = 'REVOKED' AND a.status <> 'REVOKED'`,
      [profileIds],
    );
  }
}
