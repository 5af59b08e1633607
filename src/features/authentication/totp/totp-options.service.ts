import type { OptionSource } from '../sign-in-options.service.js';
import type { TotpService } from './totp.service.js';

/** Who is signed in and has an authenticator that was confirmed. */
export function totpOptions(totp: TotpService): OptionSource {
  return async (scope, { user }) => {
    if (user === null || (await totp.holders(scope, [user.id])).length === 0) return [];
    return [{ method: 'TOTP', provider: null, label: 'Code of your authenticator app', url: null }];
  };
}
