import type { OptionSource } from '../sign-in-options.service.js';
import type { IdentityProviderService } from './providers/identity-provider.service.js';

/** Each provider that is switched on offers itself to everybody. */
export function samlOptions(providers: IdentityProviderService): OptionSource {
  return async (scope, { returnTo }) =>
    (await providers.enabled(scope)).map(({ name, label }) => ({
      method: 'SAML',
      provider: name,
      label,
      url: `/saml/${name}/sign-in${returnTo === null ? '' : `?returnTo=${encodeURIComponent(returnTo)}`}`,
    }));
}
