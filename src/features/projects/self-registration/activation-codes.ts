import type { ProjectId } from '../../../kernel/ids.js';
import type { KeyRing } from '../../../kernel/secrets.js';

const CODE_BYTES = 16;

/** Activation codes of projects. They follow from the project, a number and a key: repeatable, and stored nowhere. */
export class ActivationCodes {
  constructor(private readonly keys: KeyRing) {}

  /** What stands in the QR code: 128 bits, base64url. */
  code(projectId: ProjectId, generation: number): string {
    return this.keys
      .mac('activation-code', projectId, String(generation))
      .subarray(0, CODE_BYTES)
      .toString('base64url');
  }

  /** By which a code is found again. */
  hash(code: string): Buffer {
    return this.keys.mac('activation-code-hash', code);
  }
}
