import { AccessTokenService } from '../../features/api-clients/access-token.service.js';
import { ClientAuthenticationService } from '../../features/api-clients/client-authentication.service.js';
import { SigningKeyService } from '../../features/api-clients/signing-key.service.js';
import { AttemptService } from '../../features/authentication/attempt.service.js';
import { ClientCertificateRegistrationService } from '../../features/authentication/client-certificates/client-certificate-registration.service.js';
import { ClientCertificateSignInService } from '../../features/authentication/client-certificates/client-certificate-sign-in.service.js';
import { MethodLockService } from '../../features/authentication/method-lock.service.js';
import { MobileIdAnswerService } from '../../features/authentication/mobile-id/mobile-id-answer.service.js';
import { MobileIdEvidenceService } from '../../features/authentication/mobile-id/mobile-id-evidence.service.js';
import { MobileIdSignInService } from '../../features/authentication/mobile-id/mobile-id-sign-in.service.js';
import { OneTimeCodeProofService } from '../../features/authentication/one-time-codes/one-time-code-proof.service.js';
import { PasskeyRegistrationService } from '../../features/authentication/passkeys/passkey-registration.service.js';
import { PasskeySignInService } from '../../features/authentication/passkeys/passkey-sign-in.service.js';
import { PasswordLinkService } from '../../features/authentication/password/password-link.service.js';
import { PasswordSettingService } from '../../features/authentication/password/password-setting.service.js';
import { PasswordSignInService } from '../../features/authentication/password/password-sign-in.service.js';
import { ProofService } from '../../features/authentication/proof.service.js';
import { SamlAnswerService } from '../../features/authentication/saml/saml-answer.service.js';
import { SamlKeyService } from '../../features/authentication/saml/saml-key.service.js';
import { SamlRequestService } from '../../features/authentication/saml/saml-request.service.js';
import { SamlSessionService } from '../../features/authentication/saml/saml-session.service.js';
import { SamlSignInService } from '../../features/authentication/saml/saml-sign-in.service.js';
import { SamlSignOutService } from '../../features/authentication/saml/saml-sign-out.service.js';
import { SignInAnswers } from '../../features/authentication/sign-in-answers.service.js';
import { TotpProofService } from '../../features/authentication/totp/totp-proof.service.js';
import { sqlOn } from '../../platform/scope.js';
import { createAccess } from './access.js';
import type { Base, Ground } from './base.js';
import { createCredentials } from './credentials.js';
import { tokenNamesOf } from './token-names.js';

/** Each method of proving identity, and the rules that ask for them. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Services names what it returns
export function createAuthentication(base: Base, ground: Ground) {
  const { work, limits, keys, publicUrl, audit, users, clients, sessions } = base;
  const held = createCredentials(base, ground);
  const access = createAccess(base, held);
  const attempts = new AttemptService(sqlOn(ground.counters), keys);
  const proofs = new ProofService(sessions, audit);
  const answers = new SignInAnswers(work, users, clients);
  const passwordLinks = new PasswordLinkService(base);
  const samlRequests = new SamlRequestService();
  const samlSessions = new SamlSessionService();
  const signingKeys = new SigningKeyService(keys);
  const proving = { ...base, ...held, ...access, attempts, proofs, answers, passwordLinks };
  const saml = {
    ...{ providers: access.identityProviders, identities: held.samlIdentities },
    ...{ requests: samlRequests, names: samlSessions },
  };
  const byMobileId = { ...proving, keys: base.authenticationKeys };
  return {
    ...{ ...held, ...access, attempts, answers, passwordLinks },
    ...{ samlRequests, samlSessions, signingKeys },
    methodLocks: new MethodLockService(work, users, audit),
    accessTokens: new AccessTokenService(signingKeys, tokenNamesOf(publicUrl)),
    clientAuthentication: new ClientAuthenticationService({ work, limits, audit }),
    clientCertificateRegistration: new ClientCertificateRegistrationService(proving),
    clientCertificateSignIn: new ClientCertificateSignInService(proving),
    codeProofs: new OneTimeCodeProofService(proving),
    mobileIdAnswers: new MobileIdAnswerService(byMobileId),
    mobileIdEvidence: new MobileIdEvidenceService(base.authenticationKeys, sessions),
    mobileIdSignIn: new MobileIdSignInService(byMobileId),
    passkeyRegistration: new PasskeyRegistrationService(proving),
    passkeySignIn: new PasskeySignInService(proving),
    passwords: new PasswordSettingService(proving),
    passwordSignIn: new PasswordSignInService(proving),
    samlAnswers: new SamlAnswerService({ ...proving, ...saml }),
    samlKeys: new SamlKeyService(work, keys),
    samlSignIn: new SamlSignInService({ ...proving, ...saml }),
    samlSignOut: new SamlSignOutService({ ...proving, ...saml }),
    totpProofs: new TotpProofService(proving),
  };
}
