import type { KeyRecoveryId } from '../../../kernel/ids.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { OwnedKey } from '../../certificates/key-archive/key-archive.service.js';
import type { PreparedKey } from './key-recovery.entity.js';

/** Approved keys that were opened where the recovery key is, sealed until they are used, or the approval is over. */
export class PreparedKeyService {
  constructor(private readonly keys: KeyRing) {}

  async keep(
    scope: ChangeScope,
    recoveryId: KeyRecoveryId,
    owned: OwnedKey,
    pkcs8: Buffer,
  ): Promise<void> {
    const context = contextOf(recoveryId, owned);
    await scope.sql(
      'prepared-key.keep',
      `INSERT INTO prepared_key (recovery_id, certificate_id, sealed_key) VALUES ($1, $2, $3)
       ON CONFLICT (recovery_id, certificate_id) DO NOTHING`,
      [recoveryId, owned.certificateId, this.keys.seal('prepared-key', context, pkcs8)],
    );
  }

  /** PKCS #8: overwrite it after use. Undefined where it was not opened. */
  async open(
    scope: Scope,
    recoveryId: KeyRecoveryId,
    owned: OwnedKey,
  ): Promise<Buffer | undefined> {
    const [row] = await scope.sql<PreparedKey>(
      'prepared-key.find',
      `SELECT sealed_key AS "sealedKey" FROM prepared_key WHERE recovery_id = $1 AND certificate_id = $2`,
      [recoveryId, owned.certificateId],
    );
    const context = contextOf(recoveryId, owned);
    return row && this.keys.open('prepared-key', context, row.sealedKey);
  }

  async forget(scope: ChangeScope, recoveryIds: readonly KeyRecoveryId[]): Promise<void> {
    await scope.sql('prepared-key.forget', 'DELETE FROM prepared_key WHERE recovery_id = ANY($1)', [
      recoveryIds,
    ]);
  }
}

/** What a sealed key is bound to. */
function contextOf(recoveryId: KeyRecoveryId, { certificateId, userId }: OwnedKey): string {
  return `${recoveryId} ${certificateId} ${userId}`;
}
