import { DomainError } from '../../kernel/errors.js';
import { DEFAULT_ACTIVATION_TEXTS } from '../notifications/invitation-text.service.js';
import type { ProjectMode } from './project.js';
import { DEFAULT_SETTINGS, type ProvisioningSettings } from './settings/settings.js';

type Name = keyof ProvisioningSettings;

/** What each mode does not have, and why not. */
const FOREIGN: Readonly<
  Record<
    ProjectMode,
    readonly (readonly [Name, (settings: ProvisioningSettings) => boolean, string])[]
  >
> = {
  MANAGED: [
    [
      'registrationUrlTemplate',
      ({ registrationUrlTemplate }) => registrationUrlTemplate !== null,
      'MANAGED projects assign no IDs that could be registered.',
    ],
  ],
  SELF_REGISTRATION: [
    [
      'confirmation',
      ({ confirmation }) => confirmation === 'DEVICE_CODE',
      'There is no page that such a code could be typed into.',
    ],
    [
      'recoverEncryptionCertificates',
      ({ recoverEncryptionCertificates }) => recoverEncryptionCertificates,
      'Without users there is nobody to recover keys for.',
    ],
  ],
};

/** What a new project has unless it says otherwise. */
export function defaultsOf(mode: ProjectMode): ProvisioningSettings {
  return mode === 'MANAGED'
    ? DEFAULT_SETTINGS
    : { ...DEFAULT_SETTINGS, ...DEFAULT_ACTIVATION_TEXTS[DEFAULT_SETTINGS.language] };
}

/**
 * @param path of the input, for the paths of refused fields
 * @throws DomainError WRONG_PROJECT_MODE with `mode` and `fields`
 */
export function refuseForMode(
  mode: ProjectMode,
  settings: ProvisioningSettings,
  path: string,
): void {
  const fields = FOREIGN[mode]
    .filter(([, isForeign]) => isForeign(settings))
    .map(([name, , message]) => ({ field: `${path}.${name}`, message }));
  if (fields.length > 0) throw new DomainError('WRONG_PROJECT_MODE', { mode, fields });
}
