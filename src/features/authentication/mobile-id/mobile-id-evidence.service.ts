import { credentialOf } from '../../../kernel/certificate-credential.js';
import type { ProfileId } from '../../../kernel/ids.js';
import type { ChangeScope } from '../../../platform/scope.js';
import type { AuthenticationKeyService } from '../../profiles/authentication-key.service.js';
import type { SessionService } from '../../sessions/session.service.js';

/** Takes back, in all sessions, what was proven with mobile IDs that can no longer be used. */
export class MobileIdEvidenceService {
  constructor(
    private readonly keys: AuthenticationKeyService,
    private readonly sessions: SessionService,
  ) {}

  /** On whichever way its key was used: answering a question, or in a TLS connection. */
  async forget(scope: ChangeScope, profileIds: readonly ProfileId[]): Promise<void> {
    for (const key of await this.keys.ofSignedIn(scope, profileIds)) {
      const { userId, profileId, fingerprint } = key;
      await this.sessions.forgetEvidence(scope, userId, {
        method: 'MOBILE_ID',
        credential: profileId,
      });
      await this.sessions.forgetEvidence(scope, userId, {
        method: 'CLIENT_CERTIFICATE',
        credential: credentialOf(fingerprint),
      });
    }
  }
}
