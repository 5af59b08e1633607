import type {
  CredentialSource,
  PossibleProof,
} from '../../features/access/rules/access-rule.service.js';
import type { UserId } from '../../kernel/ids.js';
import type { Scope } from '../../platform/scope.js';
import type { Base } from './base.js';
import type { Credentials } from './credentials.js';

/** What administrators could prove themselves with, whether or not they have done so. */
export function credentialSources(
  { userPasswords, authenticationKeys }: Base,
  held: Credentials,
): CredentialSource[] {
  return [
    holders('PASSWORD', (scope, ids) => userPasswords.holders(scope, ids)),
    holders('EMAIL_CODE', (scope, ids) => held.oneTimeCodes.holders(scope, ids, 'EMAIL_CODE')),
    holders('SMS_CODE', (scope, ids) => held.oneTimeCodes.holders(scope, ids, 'SMS_CODE')),
    holders('PASSKEY', (scope, ids) => held.passkeys.holders(scope, ids)),
    holders('TOTP', (scope, ids) => held.totp.holders(scope, ids)),
    holders('CLIENT_CERTIFICATE', (scope, ids) => held.clientCertificates.holders(scope, ids)),
    holders('MOBILE_ID', (scope, ids) => authenticationKeys.holders(scope, ids)),
    async (scope, ids) => {
      const providers = await held.samlIdentities.providersOf(scope, ids);
      return new Map(
        [...providers].map(([id, names]) => [
          id,
          names.map((provider) => ({ method: 'SAML', provider })),
        ]),
      );
    },
  ];
}

/** Of a method that somebody has, or has not. */
function holders(
  method: PossibleProof['method'],
  find: (scope: Scope, ids: readonly UserId[]) => Promise<readonly UserId[]>,
): CredentialSource {
  return async (scope, ids) =>
    new Map((await find(scope, ids)).map((id) => [id, [{ method, provider: null }]]));
}
