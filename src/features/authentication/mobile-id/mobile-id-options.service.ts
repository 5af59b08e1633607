import type { AuthenticationKeyService } from '../../profiles/authentication-key.service.js';
import type { OptionSource } from '../sign-in-options.service.js';

/** Who is signed in and has a mobile ID that can answer. */
export function mobileIdOptions(keys: AuthenticationKeyService): OptionSource {
  return async (scope, { user, excludedCredentials }) => {
    const own = user === null ? [] : await keys.ofUser(scope, user.id);
    if (own.every(({ profileId }) => excludedCredentials.includes(profileId))) return [];
    return [{ method: 'MOBILE_ID', provider: null, label: 'Your mobile ID', url: null }];
  };
}
