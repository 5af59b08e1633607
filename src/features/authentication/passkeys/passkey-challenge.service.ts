import { newId, parseId, type SessionId } from '../../../kernel/ids.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import { purge } from '../../../platform/database/purge.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import { CEREMONY_SECONDS } from './passkey-verification.js';
import {
  PasskeyChallenge,
  type CeremonyPurpose,
  type PasskeyChallengeId,
} from './passkey.entity.js';

/** A ceremony that was begun, and what the authenticator has to sign. */
export interface OpenedCeremony {
  readonly id: PasskeyChallengeId;
  readonly challenge: Buffer;
  readonly expiresAt: Date;
}

/** Challenges: good for five minutes, for one try, for one purpose, and for who asked. */
export class PasskeyChallengeService {
  constructor(private readonly keys: KeyRing) {}

  async open(scope: ChangeScope, purpose: CeremonyPurpose): Promise<OpenedCeremony> {
    const id = newId<PasskeyChallengeId>();
    const expiresAt = new Date(scope.now.getTime() + CEREMONY_SECONDS * 1000);
    await scope.db.insert(PasskeyChallenge, {
      id,
      purpose,
      sessionId: sessionIdOf(scope),
      expiresAt,
      usedAt: null,
    });
    return { id, challenge: this.challengeOf(id), expiresAt };
  }

  /**
   * Uses the challenge up, whatever will be made of it. Undefined where it was used, has expired, or was made for another
   * purpose, for another session, or for a caller without one.
   */
  async take(
    scope: ChangeScope,
    id: string,
    purpose: CeremonyPurpose,
  ): Promise<Buffer | undefined> {
    const [taken] = await scope.sql<{ id: PasskeyChallengeId }>(
      'passkey-challenge.take',
      `UPDATE passkey_challenge SET used_at = now()
       WHERE id = $1 AND purpose = $2 AND session_id IS NOT DISTINCT FROM $3 AND used_at IS NULL AND expires_at > now()
       RETURNING id`,
      [parseId<PasskeyChallengeId>(id) ?? null, purpose, sessionIdOf(scope)],
    );
    return taken && this.challengeOf(taken.id);
  }

  /** Deletes, a batch at a time, what can no longer be used. */
  async purge(scope: ChangeScope): Promise<void> {
    await purge(scope, { table: 'passkey_challenge', where: 'expires_at <= now()' });
  }

  private challengeOf(id: PasskeyChallengeId): Buffer {
    return this.keys.mac('passkey-challenge', id);
  }
}

function sessionIdOf({ actor }: Scope): SessionId | null {
  return actor.kind === 'user' ? actor.sessionId : null;
}
