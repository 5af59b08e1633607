import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/** A new secret of 256 random bits, base64url. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

/** For secrets of 128 random bits and more, which need no slow hash. */
export function sha256(secret: string | Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Compares in a time that does not depend on where the two differ. */
export function equalSecrets(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

/** What a derived key is for. Each purpose has a key of its own. */
export type KeyPurpose =
  | 'activation-code'
  | 'activation-code-hash'
  | 'attempt-subject'
  | 'audit-seal'
  | 'bounce-address'
  | 'enrolment-code'
  | 'enrolment-code-hash'
  | 'code-bearer'
  | 'est-private-key'
  | 'watch-token'
  | 'device-token'
  | 'challenge'
  | 'confirmation-code'
  | 'renewal-challenge'
  | 'email-code'
  | 'email-code-hash'
  | 'sms-code'
  | 'sms-code-hash'
  | 'password-link'
  | 'passkey-challenge'
  | 'passkey-user'
  | 'totp-secret'
  | 'mobile-id-code'
  | 'mobile-id-nonce'
  | 'mobile-id-number'
  | 'ca-key'
  | 'oauth-signing-key'
  | 'ocsp-key'
  | 'prepared-key'
  | 'registration-token'
  | 'saml-key'
  | 'stream-cursor'
  | 'webhook-secret';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keys derived from the master key: HKDF-SHA-256 (RFC 5869), one per purpose, made once. */
export class KeyRing {
  private readonly keys = new Map<KeyPurpose, Buffer>();

  /** @param masterKey 32 bytes */
  constructor(private readonly masterKey: Buffer) {
    if (masterKey.length !== 32) throw new RangeError('The master key must have 32 bytes.');
  }

  /** HMAC-SHA-256 over the parts, each preceded by its length, so that no two lists of parts look alike. 32 bytes. */
  mac(purpose: KeyPurpose, ...parts: readonly (string | Buffer)[]): Buffer {
    const hmac = createHmac('sha256', this.key(purpose));
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      hmac.update(length).update(bytes);
    }
    return hmac.digest();
  }

  /** AES-256-GCM: nonce, tag, ciphertext. `context` must be the same when it is opened. */
  seal(purpose: KeyPurpose, context: string, plain: Buffer): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key(purpose), nonce);
    cipher.setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws Error where the key, the context or a byte is another */
  open(purpose: KeyPurpose, context: string, sealed: Buffer): Buffer {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.key(purpose), nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(tag);
    return Buffer.concat([
      decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)),
      decipher.final(),
    ]);
  }

  private key(purpose: KeyPurpose): Buffer {
    const known = this.keys.get(purpose);
    if (known !== undefined) return known;
    const derived = Buffer.from(hkdfSync('sha256', this.masterKey, '', `signet/${purpose}`, 32));
    this.keys.set(purpose, derived);
    return derived;
  }
}

/** A number of `digits` decimal digits out of at least 8 uniform bytes; the bias is below 2^-40 for six digits. */
export function decimalCode(bytes: Buffer, digits: number): string {
  const number = bytes.readBigUInt64BE(0) % 10n ** BigInt(digits);
  return number.toString().padStart(digits, '0');
}
