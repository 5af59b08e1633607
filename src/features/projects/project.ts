import { DomainError } from '../../kernel/errors.js';
import type { ProjectId } from '../../kernel/ids.js';
import { comparisonKey } from '../../kernel/text.js';
import type { ProfileSettings } from '../certificates/profiles/certificate-profile.service.js';
import type { ProvisioningSettings, SettingsInput } from './settings/settings.js';

export const PROJECT_MODES = ['MANAGED', 'SELF_REGISTRATION'] as const;
export type ProjectMode = (typeof PROJECT_MODES)[number];

export interface Project {
  readonly id: ProjectId;
  readonly name: string;
  readonly mode: ProjectMode;
  readonly settings: ProvisioningSettings;
  readonly certificateProfiles: ProfileSettings;
  readonly createdAt: Date;
}

/** What everyone with a mobile ID of a project may know of it. */
export interface ProjectSummary {
  readonly id: ProjectId;
  readonly name: string;
  readonly serverName: string;
}

export interface NewProject {
  readonly name: string;
  /** MANAGED, if left out. It stays for good. */
  readonly mode?: ProjectMode | undefined;
  readonly settings?: SettingsInput | null;
}

export function summaryOf({ id, name, settings }: Project): ProjectSummary {
  return { id, name, serverName: settings.serverName };
}

/** @throws DomainError WRONG_PROJECT_MODE with `mode` */
export function requireMode({ mode }: Pick<Project, 'mode'>, wanted: ProjectMode): void {
  if (mode !== wanted) throw new DomainError('WRONG_PROJECT_MODE', { mode });
}

/** The name as it is compared: what looks the same to a reader is the same project. */
export const projectNameKey = comparisonKey;
