import type { AssignedIdId } from '../../../kernel/ids.js';
import { equalSecrets, type KeyRing } from '../../../kernel/secrets.js';

const TOKEN_BYTES = 16;

/**
 * By which whoever has the phone shows a host system that the ID is his. It follows from the ID and a key: repeatable, and stored
 * nowhere. It opens nothing in Signet.
 */
export class RegistrationTokens {
  constructor(private readonly keys: KeyRing) {}

  /** 128 bits, base64url. */
  tokenOf(id: AssignedIdId): string {
    return this.keys.mac('registration-token', id).subarray(0, TOKEN_BYTES).toString('base64url');
  }

  isOf(id: AssignedIdId, token: string): boolean {
    return equalSecrets(Buffer.from(token), Buffer.from(this.tokenOf(id)));
  }
}
