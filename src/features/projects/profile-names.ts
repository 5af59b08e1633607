import { expandTemplate } from '../../kernel/template.js';
import type { NamePlaceholder } from './setting-checks.js';
import type { ProvisioningSettings } from './settings.js';

export interface NamedUser {
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
}

/** What the phone calls a mobile ID, and the account that it is for. */
export interface ProfileNames {
  readonly profileName: string;
  readonly accountName: string;
  readonly serverName: string;
}

/** The names by the project's templates. Without an e-mail address the user name stands in for it. */
export function expandNames(
  projectName: string,
  { serverName, profileNameTemplate, accountNameTemplate }: ProvisioningSettings,
  { username, displayName, email }: NamedUser,
): ProfileNames {
  const values: Record<NamePlaceholder, string> = {
    projectName,
    serverName,
    username,
    displayName,
    email: email ?? username,
  };
  return {
    serverName,
    profileName: expandTemplate(profileNameTemplate, values),
    accountName: expandTemplate(accountNameTemplate, values),
  };
}
