import { DomainError } from '../../../kernel/errors.js';
import type { ProfileId } from '../../../kernel/ids.js';
import type { ChangeScope } from '../../../platform/scope.js';
import type { AssignedIdService, Assignment } from '../../assigned-ids/assigned-id.service.js';
import { stateAt, type MobileIdProfile } from '../../profiles/profile.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import type { SelfRegistrationService } from '../../projects/self-registration/self-registration.service.js';
import type { Enrolment } from '../enrolment.service.js';

/** An enrolment whose mobile ID has its names; `assigned` is the ID that they were made of, null where there is a user. */
export interface NamedEnrolment {
  readonly enrolment: Enrolment;
  readonly assigned: Assignment | null;
}

/** What whoever suspended it has to lift. */
export function suspended(): DomainError {
  return new DomainError('FORBIDDEN', { reason: 'SUSPENDED' });
}

/** In the transaction that activates: the ID of a phone that came by a project's activation code. */
export class AssignmentService {
  constructor(
    private readonly ports: {
      readonly assignedIds: AssignedIdService;
      readonly selfRegistrations: SelfRegistrationService;
      readonly projects: ProjectService;
    },
  ) {}

  /**
   * Called when nothing else can be refused any more: the project's other activations wait from here on.
   * @throws DomainError ACTIVATION_CODE_ROTATED, ACTIVATION_PAUSED, QUOTA_REACHED, ID_RANGE_EXHAUSTED; FORBIDDEN with `reason`
   * SUSPENDED where the phone's mobile ID is; nothing is taken then
   */
  async assign(scope: ChangeScope, enrolment: Enrolment): Promise<NamedEnrolment> {
    const { projectId, generation, deviceThumbprint, userId } = enrolment;
    if (userId !== null) return { enrolment, assigned: null };
    if (deviceThumbprint === null) throw new Error('A claimed enrolment has a device.');
    const { assignedIds, projects, selfRegistrations } = this.ports;
    await selfRegistrations.holdOpen(scope, { projectId, generation });
    const assigned = await assignedIds.assign(scope, { projectId, deviceThumbprint });
    await this.refuseSuspended(scope, assigned);
    const project = await projects.get(scope, projectId);
    Object.assign(enrolment, projects.namesForId(project, assigned.value));
    return { enrolment, assigned };
  }

  /**
   * Scanning again lifts no suspension, by whatever token the phone calls: what that reaches does not matter here. The earlier
   * mobile ID is locked by now, and nothing was taken where there is one.
   */
  private async refuseSuspended(
    scope: ChangeScope,
    { earlierProfileId }: Assignment,
  ): Promise<void> {
    const [earlier] = await scope.sql<Pick<MobileIdProfile, 'state' | 'validTo'>>(
      'assignment.earlier',
      'SELECT state, valid_to AS "validTo" FROM profile WHERE id = $1',
      [earlierProfileId],
    );
    if (earlier !== undefined && stateAt(earlier, scope.now) === 'INACTIVE') throw suspended();
  }

  /** Once the mobile ID is stored: the ID stands for it, and for no earlier one. */
  async bind(
    scope: ChangeScope,
    { assigned, enrolment }: NamedEnrolment,
    profileId: ProfileId,
  ): Promise<void> {
    if (assigned === null) return;
    await this.ports.assignedIds.bind(scope, assigned, profileId);
    await scope.sql(
      'assignment.forget-claim',
      'DELETE FROM activation_claim WHERE enrolment_id = $1',
      [enrolment.id],
    );
  }
}
