import type { EnrolmentId } from '../../kernel/ids.js';
import { decimalCode, equalSecrets, type KeyRing } from '../../kernel/secrets.js';

const CODE_BYTES = 16;
const UUID_BYTES = 16;
const MAC_BYTES = 32;
const THUMBPRINT_BYTES = 32;

/** Phone and enrolment that a device token speaks of; `thumbprint` as in RFC 7638, base64url. */
export interface DeviceGrant {
  readonly enrolmentId: EnrolmentId;
  readonly thumbprint: string;
}

/** Codes and tokens of enrolments. They follow from ids and keys: repeatable, and stored nowhere. */
export class EnrolmentSecrets {
  constructor(private readonly keys: KeyRing) {}

  /** The secret in the QR code: 128 bits, base64url. */
  code(id: EnrolmentId, generation: number): string {
    return this.keys
      .mac('enrolment-code', id, String(generation))
      .subarray(0, CODE_BYTES)
      .toString('base64url');
  }

  /** By which a code is found again. */
  codeHash(code: string): Buffer {
    return this.keys.mac('enrolment-code-hash', code);
  }

  watchToken(id: EnrolmentId): string {
    return Buffer.concat([uuidBytes(id), this.keys.mac('watch-token', id)]).toString('base64url');
  }

  /** The enrolment that a watch token opens, or undefined for any other text. */
  readWatchToken(token: string): EnrolmentId | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== UUID_BYTES + MAC_BYTES) return undefined;
    const id = uuidText(bytes.subarray(0, UUID_BYTES));
    const mac = this.keys.mac('watch-token', id);
    return equalSecrets(mac, bytes.subarray(UUID_BYTES)) ? id : undefined;
  }

  deviceToken({ enrolmentId, thumbprint }: DeviceGrant): string {
    return Buffer.concat([
      uuidBytes(enrolmentId),
      Buffer.from(thumbprint, 'base64url'),
      this.keys.mac('device-token', enrolmentId, thumbprint),
    ]).toString('base64url');
  }

  /** What a device token opens, or undefined for any other text. */
  readDeviceToken(token: string): DeviceGrant | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== UUID_BYTES + THUMBPRINT_BYTES + MAC_BYTES) return undefined;
    const enrolmentId = uuidText(bytes.subarray(0, UUID_BYTES));
    const thumbprint = bytes
      .subarray(UUID_BYTES, UUID_BYTES + THUMBPRINT_BYTES)
      .toString('base64url');
    const mac = this.keys.mac('device-token', enrolmentId, thumbprint);
    const isOurs = equalSecrets(mac, bytes.subarray(UUID_BYTES + THUMBPRINT_BYTES));
    return isOurs ? { enrolmentId, thumbprint } : undefined;
  }

  /** Thumbprint of a device that has no key of its own to show, and is known by the code it brings. */
  codeBearer(id: EnrolmentId, generation: number): string {
    return this.keys.mac('code-bearer', id, String(generation)).toString('base64url');
  }

  /** What this phone's certificate requests must carry; 128 bits, hexadecimal. */
  challenge({ enrolmentId, thumbprint }: DeviceGrant): string {
    return this.keys
      .mac('challenge', enrolmentId, thumbprint)
      .subarray(0, CODE_BYTES)
      .toString('hex');
  }

  /** Six digits that this phone shows, to be compared with what is typed into the page. */
  confirmationCode({ enrolmentId, thumbprint }: DeviceGrant): string {
    return decimalCode(this.keys.mac('confirmation-code', enrolmentId, thumbprint), 6);
  }

  /** In constant time. */
  isConfirmationCode(grant: DeviceGrant, guess: string): boolean {
    return equalSecrets(Buffer.from(this.confirmationCode(grant)), Buffer.from(guess));
  }
}

function uuidBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function uuidText(bytes: Buffer): EnrolmentId {
  const hex = bytes.toString('hex');
  const parts = [0, 8, 12, 16, 20].map((start, i, all) => hex.slice(start, all[i + 1]));
  return parts.join('-') as EnrolmentId;
}
