import { projectLimitOf, reachesProject } from '../../kernel/actor.js';
import { DomainError, invalidInput } from '../../kernel/errors.js';
import { newId, parseId, type ProjectId } from '../../kernel/ids.js';
import { pageRequest } from '../../kernel/pagination.js';
import { textProblem } from '../../kernel/text.js';
import { keysetPage, type Condition, type CountedPage } from '../../platform/database/keyset.js';
import { loaderOf } from '../../platform/loaders.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import type { CertificateKind } from '../../kernel/certificate-kind.js';
import type { AuditService } from '../audit/audit.service.js';
import { SERVER_ALGORITHMS } from '../certificates/key-archive/key-archive.service.js';
import {
  changeProfile,
  profileOf,
  type ProfileInput,
} from '../certificates/profiles/certificate-profile.service.js';
import { defaultsOf, refuseForMode } from './mode-settings.js';
import {
  projectNameKey,
  requireMode,
  summaryOf,
  type NewProject,
  type Project,
  type ProjectSummary,
} from './project.js';
import {
  expandNames,
  unassignedNames,
  type NamedUser,
  type ProfileNames,
} from './settings/profile-names.js';
import { registrationUrlOf } from './settings/registration-url.js';
import { mergeSettings, type ServerAbilities } from './settings/settings-input.js';
import {
  DEFAULT_SETTINGS,
  type DeliveryChannel,
  type DeviceConfirmation,
  type ProvisioningSettings,
  type SettingsInput,
} from './settings/settings.js';

export { registrationUrlOf, requireMode };
export type {
  DeliveryChannel,
  DeviceConfirmation,
  NewProject,
  ProfileNames,
  Project,
  ProjectSummary,
  ProvisioningSettings,
  SettingsInput,
};

const PROJECT =
  'id, name, mode, settings, certificate_profiles AS "certificateProfiles", created_at AS "createdAt"';

/** Mobile-ID programmes and what a mobile ID is in each. */
export class ProjectService {
  /**
   * @param archivesKeys whether encryption keys can be archived on this server
   * @param abilities whether it sends text messages
   */
  constructor(
    private readonly audit: AuditService,
    private readonly archivesKeys: (scope: Scope) => Promise<boolean>,
    private readonly abilities: ServerAbilities = { sendsSms: false },
  ) {}

  /**
   * What the settings leave out is {@link defaultsOf} its mode. A SELF_REGISTRATION project needs more than this, see
   * `SelfRegistrationService`.
   * @throws DomainError INVALID_INPUT, CHANNEL_NOT_AVAILABLE, WRONG_PROJECT_MODE for a setting that the mode does not have;
   * CONFLICT where the name is taken
   */
  async create(scope: ChangeScope, input: NewProject): Promise<Project> {
    const name = input.name.normalize('NFC').trim();
    const problem = textProblem(name, { max: 100 });
    if (problem !== undefined) throw invalidInput('input.name', problem);
    const { mode = 'MANAGED' } = input;
    const settings = mergeSettings(
      defaultsOf(mode),
      input.settings ?? {},
      'input.settings',
      this.abilities,
    );
    refuseForMode(mode, settings, 'input.settings');
    await this.refuseWithoutArchive(scope, input.settings ?? {}, 'input.settings');
    const [project] = await scope.sql<Project>(
      'projects.insert',
      `INSERT INTO project (id, name, name_key, mode, settings, created_at, updated_at)
       VALUES ($1, $2, $3, $6, $4, $5, $5) ON CONFLICT DO NOTHING RETURNING ${PROJECT}`,
      [newId(), name, projectNameKey(name), JSON.stringify(settings), scope.now, mode],
    );
    if (project === undefined) throw nameTaken();
    await this.audit.record(scope, {
      action: 'project.create',
      target: `project:${project.id}`,
      detail: project.name,
    });
    return complete(project);
  }

  /** @throws DomainError NOT_FOUND, INVALID_INPUT, CHANNEL_NOT_AVAILABLE, WRONG_PROJECT_MODE as {@link create} */
  async updateSettings(scope: ChangeScope, id: string, input: SettingsInput): Promise<Project> {
    const present = await this.getLocked(scope, id);
    const settings = this.merge(present, input);
    refuseForMode(present.mode, settings, 'settings');
    await this.refuseWithoutArchive(scope, input, 'settings');
    refuseUnmakeableKeys({ ...present, settings }, 'settings.recoverEncryptionCertificates');
    await scope.sql(
      'projects.update-settings',
      'UPDATE project SET settings = $2, updated_at = $3 WHERE id = $1',
      [present.id, JSON.stringify(settings), scope.now],
    );
    await this.audit.record(scope, {
      action: 'project.update-settings',
      target: `project:${present.id}`,
      detail: changedNames(present.settings, settings).join(' '),
    });
    return { ...present, settings };
  }

  /**
   * Changes what certificates of one kind are, in orders to come.
   * @throws DomainError NOT_FOUND, INVALID_INPUT
   */
  async updateCertificateProfile(
    scope: ChangeScope,
    id: string,
    { kind, ...input }: ProfileInput & { readonly kind: CertificateKind },
  ): Promise<Project> {
    const present = await this.getLocked(scope, id);
    const { validityDays } = present.settings;
    const certificateProfiles = changeProfile(
      present.certificateProfiles,
      kind,
      input,
      validityDays,
    );
    refuseUnmakeableKeys({ ...present, certificateProfiles }, 'input.keyAlgorithms');
    await scope.sql(
      'projects.update-certificate-profiles',
      'UPDATE project SET certificate_profiles = $2, updated_at = $3 WHERE id = $1',
      [present.id, JSON.stringify(certificateProfiles), scope.now],
    );
    await this.audit.record(scope, {
      action: 'project.update-certificate-profile',
      target: `project:${present.id}`,
      detail: [
        kind,
        ...changedNames(present.certificateProfiles[kind] ?? {}, certificateProfiles[kind] ?? {}),
      ].join(' '),
    });
    return { ...present, certificateProfiles };
  }

  /** Undefined also where it is out of the actor's reach. */
  async find(scope: Scope, id: string): Promise<Project | undefined> {
    const projectId = parseId<ProjectId>(id);
    if (projectId === undefined || !reachesProject(scope.actor, projectId)) return undefined;
    return (await this.byIds(scope, [projectId]))[0];
  }

  /** The project of something that the actor may act on, whatever he reaches himself. @throws DomainError NOT_FOUND */
  async get(scope: Scope, id: ProjectId): Promise<Project> {
    const [project] = await this.byIds(scope, [id]);
    if (project === undefined) throw new DomainError('NOT_FOUND');
    return project;
  }

  /** Those within the actor's reach, newest first. */
  async list(
    scope: Scope,
    query: { readonly first: number; readonly after?: string | null },
  ): Promise<CountedPage<Project>> {
    const limit = projectLimitOf(scope.actor);
    const conditions: Condition[] = limit === undefined ? [] : [['id = ANY(?)', limit]];
    const page = await keysetPage<Project>(
      scope,
      { table: 'project', columns: PROJECT, conditions },
      pageRequest(query.first, query.after),
    );
    return { ...page, nodes: page.nodes.map(complete) };
  }

  /** Where users order for themselves, by name; whether each of them may is for their standing to say. */
  async offered(scope: Scope): Promise<Project[]> {
    const projects = await scope.sql<Project>(
      'projects.offered',
      `SELECT ${PROJECT} FROM project
       WHERE mode = 'MANAGED' AND (settings->>'selfService')::boolean ORDER BY name_key`,
      [],
    );
    return projects.filter(({ id }) => reachesProject(scope.actor, id)).map(complete);
  }

  /** Of every project, for jobs. */
  async every(scope: Scope): Promise<Project[]> {
    const projects = await scope.sql<Project>(
      'projects.every',
      `SELECT ${PROJECT} FROM project`,
      [],
    );
    return projects.map(complete);
  }

  /** In the order of the ids, for data loaders. */
  async byIds(scope: Scope, ids: readonly ProjectId[]): Promise<(Project | undefined)[]> {
    const rows = await scope.sql<Project>(
      'projects.by-ids',
      `SELECT ${PROJECT} FROM project WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    const byId = new Map(rows.map((row) => [row.id, complete(row)]));
    return ids.map((id) => byId.get(id));
  }

  /** Read together with the other projects that this request asks for. @throws DomainError NOT_FOUND */
  load(scope: Scope, id: ProjectId): Promise<Project> {
    const loader = loaderOf<ProjectId, Project>(scope.request, 'project', async (ids) =>
      (await this.byIds(scope, ids)).map((project) => project ?? new DomainError('NOT_FOUND')),
    );
    return loader.load(id);
  }

  /** As {@link load}. */
  async loadSummary(scope: Scope, id: ProjectId): Promise<ProjectSummary> {
    return summaryOf(await this.load(scope, id));
  }

  /** What a mobile ID of this project is called on the phone of this user. */
  namesFor(project: Project, user: NamedUser): ProfileNames {
    return expandNames(project.name, project.settings, user);
  }

  /** The same of a phone that has been assigned this ID: it stands where a user's names do. */
  namesForId({ name, settings }: Project, value: string): ProfileNames {
    const account = { username: value, displayName: value, email: null };
    return expandNames(name, settings, account);
  }

  /** What is known of these names before the ID is. */
  namesBeforeId({ name, settings }: Project): Omit<ProfileNames, 'accountName'> {
    return unassignedNames(name, settings);
  }

  /** The settings as they would be. @throws DomainError INVALID_INPUT, CHANNEL_NOT_AVAILABLE */
  merge({ settings }: Pick<Project, 'settings'>, input: SettingsInput): ProvisioningSettings {
    return mergeSettings(settings, input, 'settings', this.abilities);
  }

  private async refuseWithoutArchive(
    scope: Scope,
    { recoverEncryptionCertificates: recover }: SettingsInput,
    path: string,
  ): Promise<void> {
    if (recover !== true || (await this.archivesKeys(scope))) return;
    throw invalidInput(
      `${path}.recoverEncryptionCertificates`,
      'This server has no recovery key to archive keys for: run "npm run recovery -- init" first.',
    );
  }

  private async getLocked(scope: ChangeScope, id: string): Promise<Project> {
    const projectId = parseId<ProjectId>(id);
    if (projectId === undefined || !reachesProject(scope.actor, projectId)) {
      throw new DomainError('NOT_FOUND');
    }
    const [project] = await scope.sql<Project>(
      'projects.lock-row',
      `SELECT ${PROJECT} FROM project WHERE id = $1 FOR NO KEY UPDATE`,
      [projectId],
    );
    if (project === undefined) throw new DomainError('NOT_FOUND');
    return complete(project);
  }
}

/** A project stored before a setting existed has its default. */
function complete(project: Project): Project {
  return { ...project, settings: { ...DEFAULT_SETTINGS, ...project.settings } };
}

/** Where encryption keys are archived the server makes them. @throws DomainError INVALID_INPUT where it makes none of the allowed types */
function refuseUnmakeableKeys(
  { settings, certificateProfiles }: Pick<Project, 'settings' | 'certificateProfiles'>,
  path: string,
): void {
  if (!settings.recoverEncryptionCertificates) return;
  const { keyAlgorithms } = profileOf(certificateProfiles, 'ENCRYPTION');
  if (SERVER_ALGORITHMS.some((known) => keyAlgorithms.includes(known))) return;
  throw invalidInput(
    path,
    `The server makes this project's encryption keys: their types must include one of ${SERVER_ALGORITHMS.join(', ')}.`,
  );
}

function nameTaken(): DomainError {
  return new DomainError('CONFLICT', {
    fields: [{ field: 'input.name', message: 'It is already taken.' }],
  });
}

function changedNames<T extends object>(before: T, after: T): string[] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])] as (keyof T &
    string)[];
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}
