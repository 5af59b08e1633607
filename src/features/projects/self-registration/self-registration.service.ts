import { DomainError } from '../../../kernel/errors.js';
import type { ProjectId } from '../../../kernel/ids.js';
import { loaderOf } from '../../../platform/loaders.js';
import type { ChangeScope, Scope, Sql } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { NewProject, Project, ProjectService } from '../project.service.js';
import { requireMode } from '../project.js';
import type { ActivationCodes } from './activation-codes.js';
import { ActivationCodeEntity } from './self-registration.entity.js';
import { nextNumber, valueOf } from './id-policy.js';
import {
  changedPolicy,
  newPolicy,
  type IdPolicyChange,
  type IdPolicyInput,
  type WholePolicy,
} from './id-policy-input.js';
import { SELF_REGISTRATION, type SelfRegistration } from './self-registration.js';

export { nextNumber };
export type { SelfRegistration };

/** An activation code that was scanned, of whatever age. */
export interface ScannedActivationCode {
  readonly projectId: ProjectId;
  readonly generation: number;
}

/** An ID that was taken for good, if the transaction commits. */
export interface TakenNumber {
  readonly number: number;
  /** With prefix and width. */
  readonly value: string;
}

interface ReachedProject {
  readonly project: Project;
  readonly own: SelfRegistration;
}

type NewSelfRegistration = NewProject & { readonly idPolicy?: IdPolicyInput | null | undefined };

const MAX_NAMED_RANGES = 20;

/** Projects that phones come into by themselves: one activation code for all of them, the next ID for each. */
export class SelfRegistrationService {
  constructor(
    private readonly ports: {
      readonly projects: ProjectService;
      readonly activationCodes: ActivationCodes;
      readonly audit: AuditService;
      readonly publicUrl: string;
    },
  ) {}

  /**
   * A project of either mode, which stays for good.
   * @throws DomainError as {@link ProjectService.create}; WRONG_PROJECT_MODE for an ID policy of a MANAGED project
   */
  async createProject(scope: ChangeScope, input: NewSelfRegistration): Promise<Project> {
    const { idPolicy } = input;
    if (input.mode !== 'SELF_REGISTRATION') {
      if (idPolicy) throw wrongMode('input.idPolicy', 'MANAGED projects assign no IDs.');
      return this.ports.projects.create(scope, input);
    }
    const policy = newPolicy(idPolicy ?? {}, 'input.idPolicy');
    const project = await this.ports.projects.create(scope, input);
    await scope.sql(
      'self-registration.insert',
      `INSERT INTO self_registration (project_id, first_id, id_prefix, id_width, ceiling, quota, blocked_ranges)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [project.id, policy.firstId, policy.idPrefix, policy.idWidth, ...changeable(policy)],
    );
    await this.storeCode(scope, { projectId: project.id, generation: 1 });
    return project;
  }

  /** Read together with those of other projects that this request asks for; null for a MANAGED one. */
  load(scope: Scope, projectId: ProjectId): Promise<SelfRegistration | null> {
    const loader = loaderOf<ProjectId, SelfRegistration | null>(
      scope.request,
      'self-registration',
      async (ids) => {
        const rows = await scope.sql<SelfRegistration>(
          'self-registration.by-ids',
          `SELECT ${SELF_REGISTRATION} FROM self_registration WHERE project_id = ANY($1::uuid[])`,
          [ids],
        );
        const byProject = new Map(rows.map((row) => [row.projectId, row]));
        return ids.map((id) => byProject.get(id) ?? null);
      },
    );
    return loader.load(projectId);
  }

  /** The project, within the actor's reach, also in a transaction. @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE */
  get(scope: Scope, id: string): Promise<ReachedProject> {
    return this.reach(scope, id, 'read');
  }

  /** What its QR code says. */
  linkOf({ projectId, generation }: Pick<SelfRegistration, 'projectId' | 'generation'>): string {
    const { activationCodes, publicUrl } = this.ports;
    return `${publicUrl}/m#${activationCodes.code(projectId, generation)}`;
  }

  /** Said again, it changes nothing. @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE */
  pause(scope: ChangeScope, id: string): Promise<Project> {
    return this.setPaused(scope, id, true);
  }

  /** Said again, it changes nothing. @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE */
  resume(scope: ChangeScope, id: string): Promise<Project> {
    return this.setPaused(scope, id, false);
  }

  /**
   * A new activation code. Nothing becomes active any more that began with the old one.
   * @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE
   */
  async rotate(scope: ChangeScope, id: string): Promise<Project> {
    const { project, own } = await this.getLocked(scope, id);
    const generation = own.generation + 1;
    await scope.sql(
      'self-registration.rotate',
      'UPDATE self_registration SET generation = $2 WHERE project_id = $1',
      [project.id, generation],
    );
    await this.storeCode(scope, { projectId: project.id, generation });
    await this.record(scope, project, 'rotate-activation-code');
    return project;
  }

  /** @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE, INVALID_INPUT */
  async updatePolicy(scope: ChangeScope, id: string, change: IdPolicyChange): Promise<Project> {
    const { project, own } = await this.getLocked(scope, id);
    const policy = changedPolicy(own, change, 'policy');
    await scope.sql(
      'self-registration.update-policy',
      `UPDATE self_registration SET ceiling = $2, quota = $3, blocked_ranges = $4 WHERE project_id = $1`,
      [project.id, ...changeable(policy)],
    );
    await this.record(scope, project, 'update-id-policy', describe(policy));
    return project;
  }

  /** Undefined where no project ever had this code. */
  async findCode(sql: Sql, code: string): Promise<ScannedActivationCode | undefined> {
    const [row] = await sql<ScannedActivationCode>(
      'self-registration.find-code',
      'SELECT project_id AS "projectId", generation FROM activation_code WHERE code_hash = $1',
      [this.ports.activationCodes.hash(code)],
    );
    return row;
  }

  /**
   * Asked when a phone scans, so that it does not make keys in vain; the activation asks again.
   * @throws DomainError ACTIVATION_CODE_ROTATED, ACTIVATION_PAUSED
   */
  async openFor(scope: Scope, scanned: ScannedActivationCode): Promise<SelfRegistration> {
    const own = await this.read(scope, scanned.projectId, 'read');
    refuseShut(own, scanned);
    return own;
  }

  /**
   * In the transaction that activates, before anything is taken: whoever pauses or rotates has done so for all that commits
   * after. Until it ends, the project's other activations wait.
   * @throws DomainError ACTIVATION_CODE_ROTATED, ACTIVATION_PAUSED
   */
  async holdOpen(scope: ChangeScope, scanned: ScannedActivationCode): Promise<void> {
    refuseShut(await this.read(scope, scanned.projectId, 'lock'), scanned);
  }

  /**
   * The next ID, in the transaction that activates: taken if that commits, and else not. Until it ends, the project's other
   * activations wait, so call it late.
   * @throws DomainError ACTIVATION_PAUSED, QUOTA_REACHED, ID_RANGE_EXHAUSTED; nothing is taken then
   */
  async takeNumber(scope: ChangeScope, projectId: ProjectId): Promise<TakenNumber> {
    const own = await this.read(scope, projectId, 'lock');
    if (own.paused) throw new DomainError('ACTIVATION_PAUSED');
    const number = numberAfter(own);
    await scope.sql(
      'self-registration.take',
      'UPDATE self_registration SET last_id = $2, used = used + 1 WHERE project_id = $1',
      [projectId, number],
    );
    return { number, value: valueOf(own, number) };
  }

  private async setPaused(scope: ChangeScope, id: string, paused: boolean): Promise<Project> {
    const { project, own } = await this.getLocked(scope, id);
    if (own.paused === paused) return project;
    await scope.sql(
      'self-registration.set-paused',
      'UPDATE self_registration SET paused = $2 WHERE project_id = $1',
      [project.id, paused],
    );
    await this.record(scope, project, paused ? 'pause' : 'resume');
    return project;
  }

  private getLocked(scope: ChangeScope, id: string): Promise<ReachedProject> {
    return this.reach(scope, id, 'lock');
  }

  private async reach(scope: Scope, id: string, how: 'read' | 'lock'): Promise<ReachedProject> {
    const project = await this.ports.projects.find(scope, id);
    if (project === undefined) throw new DomainError('NOT_FOUND');
    requireMode(project, 'SELF_REGISTRATION');
    return { project, own: await this.read(scope, project.id, how) };
  }

  private async read(
    scope: Scope,
    projectId: ProjectId,
    how: 'read' | 'lock',
  ): Promise<SelfRegistration> {
    const [row] = await scope.sql<SelfRegistration>(
      `self-registration.${how}`,
      `SELECT ${SELF_REGISTRATION} FROM self_registration WHERE project_id = $1 ${how === 'lock' ? 'FOR UPDATE' : ''}`,
      [projectId],
    );
    if (row === undefined) throw new DomainError('WRONG_PROJECT_MODE');
    return row;
  }

  private async storeCode(
    scope: ChangeScope,
    { projectId, generation }: ScannedActivationCode,
  ): Promise<void> {
    const { activationCodes } = this.ports;
    const codeHash = activationCodes.hash(activationCodes.code(projectId, generation));
    await scope.db.insert(ActivationCodeEntity, { codeHash, projectId, generation });
  }

  private async record(
    scope: ChangeScope,
    { id }: Project,
    what: string,
    detail?: string,
  ): Promise<void> {
    const target = `project:${id}`;
    await this.ports.audit.record(scope, { action: `self-registration.${what}`, target, detail });
  }
}

function refuseShut(own: SelfRegistration, { generation }: ScannedActivationCode): void {
  if (generation !== own.generation) throw new DomainError('ACTIVATION_CODE_ROTATED');
  if (own.paused) throw new DomainError('ACTIVATION_PAUSED');
}

/** @throws DomainError QUOTA_REACHED, ID_RANGE_EXHAUSTED where there is no ID left */
export function numberAfter(own: SelfRegistration): number {
  if (own.quota !== null && own.used >= own.quota) throw new DomainError('QUOTA_REACHED');
  const number = nextNumber(own, own.lastId);
  if (number === null) throw new DomainError('ID_RANGE_EXHAUSTED');
  return number;
}

function changeable({ ceiling, quota, blockedRanges }: WholePolicy): unknown[] {
  return [ceiling, quota, JSON.stringify(blockedRanges)];
}

/** For the audit log. */
function describe({ ceiling, quota, blockedRanges }: WholePolicy): string {
  const [most = '', allowed = ''] = [ceiling, quota].map((limit) => String(limit ?? 'none'));
  const named = blockedRanges.slice(0, MAX_NAMED_RANGES);
  const blocked = named.map(({ from, to }) => `${String(from)}-${String(to)}`).join(',');
  const more = blockedRanges.length > named.length ? ` of ${String(blockedRanges.length)}` : '';
  return `ceiling:${most} quota:${allowed} blocked:${blocked}${more}`;
}

function wrongMode(field: string, message: string): DomainError {
  return new DomainError('WRONG_PROJECT_MODE', { fields: [{ field, message }] });
}
