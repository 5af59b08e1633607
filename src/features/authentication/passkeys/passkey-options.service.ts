import type { OptionSource } from '../sign-in-options.service.js';
import type { PasskeyService } from './passkey.service.js';
import type { RelyingParty } from './relying-party.js';

/** Where there can be passkeys: who has no session may show one, who has a session only if he has one. */
export function passkeyOptions(
  passkeys: PasskeyService,
  party: RelyingParty | undefined,
): OptionSource {
  return async (scope, { user }) => {
    if (party === undefined) return [];
    if (user !== null && (await passkeys.holders(scope, [user.id])).length === 0) return [];
    return [{ method: 'PASSKEY', provider: null, label: 'Passkey', url: null }];
  };
}
