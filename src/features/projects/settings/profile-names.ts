import { expandTemplate } from '../../../kernel/template.js';
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

/** What is known of the names before an ID is assigned: who it will be stays empty. */
export function unassignedNames(
  projectName: string,
  settings: ProvisioningSettings,
): Omit<ProfileNames, 'accountName'> {
  const nobody = { username: '', displayName: '', email: '' };
  const { profileName, serverName } = expandNames(projectName, settings, nobody);
  return { serverName, profileName: profileName.trim() === '' ? projectName : profileName.trim() };
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
