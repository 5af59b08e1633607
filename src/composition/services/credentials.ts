import { ClientCertificateChecker } from '../../features/authentication/client-certificates/client-certificate-checker.js';
import { ClientCertificateService } from '../../features/authentication/client-certificates/client-certificate.service.js';
import { MobileIdProofService } from '../../features/authentication/mobile-id/mobile-id-proof.service.js';
import { MobileIdSecrets } from '../../features/authentication/mobile-id/mobile-id-secrets.js';
import { codeChannels } from '../../features/authentication/one-time-codes/code-channel.service.js';
import { OneTimeCodeService } from '../../features/authentication/one-time-codes/one-time-code.service.js';
import { PasskeyChallengeService } from '../../features/authentication/passkeys/passkey-challenge.service.js';
import { PasskeyService } from '../../features/authentication/passkeys/passkey.service.js';
import { relyingPartyOf } from '../../features/authentication/passkeys/relying-party.js';
import { SamlIdentityService } from '../../features/authentication/saml/saml-identity.service.js';
import { TotpService } from '../../features/authentication/totp/totp.service.js';
import type { Base, Ground } from './base.js';

export type Credentials = ReturnType<typeof createCredentials>;

/** What people hold to prove themselves with. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Credentials is what it returns
export function createCredentials(
  { keys, publicUrl, notifications, users, sessions, audit, authenticationKeys }: Base,
  { clientCa, sms }: Ground,
) {
  return {
    party: relyingPartyOf(publicUrl),
    passkeys: new PasskeyService(keys, users),
    challenges: new PasskeyChallengeService(keys),
    totp: new TotpService(keys, users, publicUrl),
    oneTimeCodes: new OneTimeCodeService(keys, users, codeChannels(notifications, sms.isOffered)),
    mobileIdProofs: new MobileIdProofService(new MobileIdSecrets(keys)),
    samlIdentities: new SamlIdentityService({ users, sessions, audit }),
    clientCertificates: new ClientCertificateService(
      new ClientCertificateChecker(clientCa),
      authenticationKeys,
    ),
  };
}
