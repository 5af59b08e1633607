import { AccessExplanationService } from '../../features/access/access-explanation.service.js';
import { AccessRuleService } from '../../features/access/rules/access-rule.service.js';
import { AccessService } from '../../features/access/access.service.js';
import { ResourceRegistry } from '../../features/access/resource-registry.service.js';
import { clientCertificateOptions } from '../../features/authentication/client-certificates/client-certificate-options.service.js';
import { mobileIdOptions } from '../../features/authentication/mobile-id/mobile-id-options.service.js';
import { oneTimeCodeOptions } from '../../features/authentication/one-time-codes/one-time-code-options.service.js';
import { passkeyOptions } from '../../features/authentication/passkeys/passkey-options.service.js';
import { passwordOptions } from '../../features/authentication/password/password-options.service.js';
import { IdentityProviderService } from '../../features/authentication/saml/providers/identity-provider.service.js';
import { samlOptions } from '../../features/authentication/saml/saml-options.service.js';
import { SignInOptionsService } from '../../features/authentication/sign-in-options.service.js';
import { totpOptions } from '../../features/authentication/totp/totp-options.service.js';
import { ProfileControl } from '../../features/profiles/profile-control.service.js';
import { ProofExclusionService } from '../../features/profiles/proof-exclusion.service.js';
import type { Base } from './base.js';
import { credentialSources } from './credential-sources.js';
import type { Credentials } from './credentials.js';

/** Access rules, and what they have to know of the methods of proving identity. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Services names what it returns
export function createAccess(base: Base, held: Credentials) {
  const { audit, users, clients, sessions, publicUrl } = base;
  const resources = new ResourceRegistry();
  const rules: AccessRuleService = new AccessRuleService({
    administrators: (scope) => users.activeAdministrators(scope),
    credentials: credentialSources(base, held),
    resources,
    providerExists: (scope, name) => identityProviders.exists(scope, name),
  });
  const identityProviders = new IdentityProviderService({ audit, rules, sessions, publicUrl });
  const options = new SignInOptionsService(users, [
    passwordOptions,
    passkeyOptions(held.passkeys, held.party),
    samlOptions(identityProviders),
    oneTimeCodeOptions(held.oneTimeCodes, 'EMAIL_CODE'),
    oneTimeCodeOptions(held.oneTimeCodes, 'SMS_CODE'),
    totpOptions(held.totp),
    clientCertificateOptions(held.clientCertificates),
    mobileIdOptions(base.authenticationKeys),
  ]);
  const access = new AccessService((scope, excluded) => options.of(scope, null, excluded));
  const exclusions = new ProofExclusionService(users);
  const explanations = new AccessExplanationService({
    access,
    rules,
    resources,
    findUser: (scope, id) => users.find(scope, id),
    findClient: (scope, id) => clients.find(scope, id),
  });
  const profileControl = new ProfileControl({ ...base, access, exclusions });
  return {
    ...{ resources, rules, identityProviders, options, access, exclusions, explanations },
    profileControl,
  };
}
