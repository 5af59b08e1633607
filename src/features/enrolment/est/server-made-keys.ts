import type { CertificateId, ProfileId } from '../../../kernel/ids.js';
import type { ChangeScope } from '../../../platform/scope.js';

/** Where encryption keys are archived that the server makes. */
export interface KeyArchive {
  /** Within the transaction that stores the certificate: no key is certified that is not archived. */
  archive(
    scope: ChangeScope,
    key: {
      readonly certificateId: CertificateId;
      readonly profileId: ProfileId;
      /** PKCS #8, DER. */
      readonly pkcs8: Buffer;
    },
  ): Promise<void>;
}
