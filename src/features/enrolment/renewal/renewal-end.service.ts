import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import type { CertificateId, ProfileId, UserId } from '../../../kernel/ids.js';
import { proofRejected } from '../../../kernel/phone-proof.js';
import type { ChangeScope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { CertificateService } from '../../certificates/certificate.service.js';
import { profilesEnded } from '../../profiles/profile.events.js';
import type { MobileIdProfile, ProfileService } from '../../profiles/profile.service.js';
import type { UserService } from '../../users/user.service.js';
import type { KeyDeliveryService } from '../keys/key-delivery.service.js';
import type { RenewalKeyService } from './renewal-key.service.js';

interface Overdue {
  readonly profileId: ProfileId;
  readonly userId: UserId | null;
}

/** Read at once; each is ended in a transaction of its own. */
const BATCH = 100;

const OVERDUE = `
  SELECT DISTINCT r.profile_id AS "profileId", p.user_id AS "userId"
  FROM (SELECT profile_id FROM renewal WHERE superseded_at IS NULL AND supersede_at <= now()
        ORDER BY supersede_at LIMIT $1) AS r
  JOIN profile p ON p.id = r.profile_id`;
/** One that stays when what was replaced goes. */
const LASTING_KEY = `
  SELECT 1 AS lasting FROM certificate WHERE id = $2 AND status = 'VALID' AND not_after > now() AND NOT EXISTS (
    SELECT 1 FROM renewal WHERE profile_id = $1 AND superseded_at IS NULL AND $2 = ANY(replaced_ids))`;
const SUPERSEDE = `
  UPDATE renewal SET superseded_at = now()
  WHERE profile_id = $1 AND superseded_at IS NULL AND ($2 OR supersede_at <= now())
  RETURNING replaced_ids AS "replacedIds"`;

/** The end of a renewal: the old certificates go once the phone has the new ones, or after a week. */
export class RenewalEndService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly renewalKeys: RenewalKeyService;
      readonly certificates: CertificateService;
      readonly keyDelivery: KeyDeliveryService;
      readonly profiles: ProfileService;
      readonly users: UserService;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * The phone shows, by the new key, that it has what it was sent. It may say so again.
   * @throws DomainError DEVICE_PROOF_REJECTED, also for a key that is to go, or has gone; RATE_LIMITED
   */
  async acknowledge(request: RequestContext, proof: string): Promise<void> {
    const { renewalKeys, work, profiles } = this.ports;
    const { profileId, certificateId } = await renewalKeys.prove(request, proof);
    const found = await profiles.find(work.read(request), profileId);
    if (found === null) throw new DomainError('NOT_FOUND');
    await work.change(request, async (scope) => {
      const { state } = await this.lock(scope, found.userId, profileId);
      if (state !== 'ACTIVE') throw new DomainError('INVALID_TRANSITION', { from: state });
      const [key] = await scope.sql('renewal.lasting-key', LASTING_KEY, [profileId, certificateId]);
      if (key === undefined) throw proofRejected('KEY');
      await this.ports.keyDelivery.forget(scope, profileId);
      await this.end(scope, profileId, { isAcknowledged: true });
    });
  }

  /** On any number of instances at once: who comes second finds nothing left to do. */
  async supersedeOverdue(request: RequestContext): Promise<void> {
    const { work } = this.ports;
    let overdue: Overdue[];
    do {
      overdue = await work.sql<Overdue>('renewal.overdue', OVERDUE, [BATCH]);
      for (const { profileId, userId } of overdue) {
        await work.change(request, async (scope) => {
          await this.lock(scope, userId, profileId);
          await this.end(scope, profileId, { isAcknowledged: false });
        });
      }
    } while (overdue.length === BATCH);
  }

  private async lock(
    scope: ChangeScope,
    userId: UserId | null,
    profileId: ProfileId,
  ): Promise<MobileIdProfile> {
    if (userId !== null) await this.ports.users.getLocked(scope, userId);
    const profile = await this.ports.profiles.lock(scope, profileId);
    if (profile === null) throw new DomainError('NOT_FOUND');
    return profile;
  }

  private async end(
    scope: ChangeScope,
    profileId: ProfileId,
    { isAcknowledged }: { readonly isAcknowledged: boolean },
  ): Promise<void> {
    const ended = await scope.sql<{ replacedIds: CertificateId[] }>(
      'renewal.supersede',
      SUPERSEDE,
      [profileId, isAcknowledged],
    );
    if (ended.length === 0) return;
    const certificateIds = ended.flatMap(({ replacedIds }) => replacedIds);
    await this.ports.certificates.supersede(scope, certificateIds);
    await this.ports.audit.record(scope, {
      action: 'profile.supersede-certificates',
      target: `profile:${profileId}`,
      detail: isAcknowledged ? 'acknowledged' : 'overdue',
    });
    await scope.raise(profilesEnded, { profileIds: [profileId] });
  }
}
