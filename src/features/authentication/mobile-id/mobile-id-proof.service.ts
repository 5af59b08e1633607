import type { UserActor } from '../../../kernel/actor.js';
import { newId, type ProfileId, type SessionId, type UserId } from '../../../kernel/ids.js';
import { announce } from '../../../platform/event-bus/event-bus.js';
import { purge } from '../../../platform/database/purge.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuthenticationKey } from '../../profiles/authentication-key.service.js';
import { MobileIdProof, type MobileIdProofId } from './mobile-id-proof.entity.js';
import type { MobileIdProofState } from './mobile-id-proof-state.js';
import type { MobileIdSecrets } from './mobile-id-secrets.js';

const TTL_SECONDS = 180;
/** For the page to take the answer. */
const FINISH_WITHIN_SECONDS = 60;
const SWEEP_BATCH = 500;

/** A proof as it stands now. */
export interface StandingProof {
  readonly id: MobileIdProofId;
  readonly sessionId: SessionId;
  readonly userId: UserId;
  readonly state: MobileIdProofState;
  readonly displayName: string;
  readonly address: string;
  readonly userAgent: string | null;
  readonly profileId: ProfileId | null;
  readonly fingerprint: string | null;
  readonly deviceName: string | null;
  readonly answeredAt: Date | null;
  readonly expiresAt: Date;
}

/** Run out is run out, whether or not it was noticed yet; so is a question of a session that has ended. */
const STANDING = `
  SELECT p.id, p.session_id AS "sessionId", p.user_id AS "userId", u.display_name AS "displayName", p.address,
         p.user_agent AS "userAgent", p.profile_id AS "profileId", p.fingerprint, p.device_name AS "deviceName",
         p.answered_at AS "answeredAt", p.expires_at AS "expiresAt",
         CASE WHEN p.state IN ('WAITING', 'ANSWERED')
                AND (p.expires_at <= now() OR u.state <> 'ACTIVE' OR s.ended_at IS NOT NULL OR s.expires_at <= now())
              THEN 'EXPIRED' ELSE p.state END AS state
  FROM mobile_id_proof p JOIN session s ON s.id = p.session_id JOIN app_user u ON u.id = p.user_id`;

/** Keeps the proofs of the method MOBILE_ID: each move is one conditional update. */
export class MobileIdProofService {
  constructor(readonly secrets: MobileIdSecrets) {}

  /** A new question; an open one of the same session is over with it. The caller holds the user's row lock. */
  async begin(scope: ChangeScope, session: UserActor): Promise<StandingProof> {
    await this.expireOf(scope, session.sessionId);
    const id = newId<MobileIdProofId>();
    const { address, userAgent } = scope.request;
    await scope.db.insert(MobileIdProof, {
      id,
      sessionId: session.sessionId,
      userId: session.userId,
      codeHash: this.secrets.codeHash(this.secrets.code(id)),
      state: 'WAITING',
      address,
      userAgent,
      createdAt: scope.now,
      expiresAt: new Date(scope.now.getTime() + TTL_SECONDS * 1000),
    });
    const begun = await this.byId(scope, id);
    if (begun === undefined) throw new Error('The proof was not stored.');
    return begun;
  }

  async byId(scope: Scope, id: MobileIdProofId): Promise<StandingProof | undefined> {
    const [proof] = await scope.sql<StandingProof>(
      'mobile-id-proof.by-id',
      `${STANDING} WHERE p.id = $1`,
      [id],
    );
    return proof;
  }

  async byCode(scope: Scope, code: string): Promise<StandingProof | undefined> {
    const [proof] = await scope.sql<StandingProof>(
      'mobile-id-proof.by-code',
      `${STANDING} WHERE p.code_hash = $1`,
      [this.secrets.codeHash(code)],
    );
    return proof;
  }

  /** WAITING becomes ANSWERED. Only one phone succeeds. */
  async answer(scope: ChangeScope, id: MobileIdProofId, key: AuthenticationKey): Promise<boolean> {
    const answered = await scope.sql(
      'mobile-id-proof.answer',
      `UPDATE mobile_id_proof SET state = 'ANSWERED', profile_id = $2, fingerprint = $3, device_name = $4,
         answered_at = now(), expires_at = now() + make_interval(secs => $5)
       WHERE id = $1 AND state = 'WAITING' AND expires_at > now() RETURNING id`,
      [id, key.profileId, key.fingerprint, key.deviceName, FINISH_WITHIN_SECONDS],
    );
    await announce(scope, `mobile-id-proof:${id}`);
    return answered.length === 1;
  }

  /** WAITING becomes REJECTED; what a phone has answered stays answered. */
  reject(scope: ChangeScope, id: MobileIdProofId): Promise<boolean> {
    return this.move(scope, id, { from: 'WAITING', to: 'REJECTED' });
  }

  /** ANSWERED becomes USED. Only one caller succeeds. */
  use(scope: ChangeScope, id: MobileIdProofId): Promise<boolean> {
    return this.move(scope, id, { from: 'ANSWERED', to: 'USED' });
  }

  /** Notices what has run out, and tells the pages that wait. */
  async expire(scope: ChangeScope): Promise<void> {
    const expired = await scope.sql<{ id: MobileIdProofId }>(
      'mobile-id-proof.expire',
      `UPDATE mobile_id_proof SET state = 'EXPIRED' WHERE id IN (
         SELECT id FROM mobile_id_proof WHERE state IN ('WAITING', 'ANSWERED') AND expires_at <= now()
         LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id`,
      [SWEEP_BATCH],
    );
    await announceAll(scope, expired);
  }

  /** Deletes, a batch at a time, what is over for a day. */
  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, {
      table: 'mobile_id_proof',
      where: `created_at < now() - interval '1 day'`,
    });
  }

  private async move(
    scope: ChangeScope,
    id: MobileIdProofId,
    { from, to }: { readonly from: MobileIdProofState; readonly to: MobileIdProofState },
  ): Promise<boolean> {
    const moved = await scope.sql(
      'mobile-id-proof.move',
      `UPDATE mobile_id_proof SET state = $3
       WHERE id = $1 AND state = $2 AND expires_at > now() RETURNING id`,
      [id, from, to],
    );
    await announce(scope, `mobile-id-proof:${id}`);
    return moved.length === 1;
  }

  private async expireOf(scope: ChangeScope, sessionId: SessionId): Promise<void> {
    const replaced = await scope.sql<{ id: MobileIdProofId }>(
      'mobile-id-proof.replace',
      `UPDATE mobile_id_proof SET state = 'EXPIRED'
       WHERE session_id = $1 AND state IN ('WAITING', 'ANSWERED') RETURNING id`,
      [sessionId],
    );
    await announceAll(scope, replaced);
  }
}

async function announceAll(
  scope: ChangeScope,
  proofs: readonly { readonly id: MobileIdProofId }[],
): Promise<void> {
  await announce(scope, ...proofs.map(({ id }) => `mobile-id-proof:${id}` as const));
}
