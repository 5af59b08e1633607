import { sha256, type KeyRing } from '../../../kernel/secrets.js';
import type { MobileIdProofId } from './mobile-id-proof.entity.js';

const CODE_BYTES = 16;
/** Two digits without a leading zero: ninety numbers. */
const [LOWEST, NUMBERS] = [10n, 90n];

/** What belongs to one proof and is stored nowhere: each is an HMAC over its id. */
export class MobileIdSecrets {
  constructor(private readonly keys: KeyRing) {}

  /** In the QR code: 128 bits, base64url. Whoever has it may read the question and say no, and nothing more. */
  code(id: MobileIdProofId): string {
    return this.keys.mac('mobile-id-code', id).subarray(0, CODE_BYTES).toString('base64url');
  }

  codeHash(code: string): Buffer {
    return sha256(code);
  }

  /** Shown on the page, typed into the phone. */
  number(id: MobileIdProofId): string {
    const drawn = this.keys.mac('mobile-id-number', id).readBigUInt64BE(0);
    return (LOWEST + (drawn % NUMBERS)).toString();
  }

  /** Told to the phone alone, and signed by it. */
  nonce(id: MobileIdProofId): string {
    return this.keys.mac('mobile-id-nonce', id).toString('base64url');
  }

  /** By this a phone knows its own key among those that may answer; to all others it says nothing. */
  hint(nonce: string, fingerprint: string): string {
    return sha256(`${nonce}.${fingerprint}`).toString('base64url');
  }
}
