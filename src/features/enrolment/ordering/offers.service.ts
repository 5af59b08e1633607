import type { UserActor } from '../../../kernel/actor.js';
import type { CertificateId } from '../../../kernel/ids.js';
import type { Scope } from '../../../platform/scope.js';
import type { AccessDecision, AccessService } from '../../access/access.service.js';
import type { MemberStandingService } from '../../members/member-standing.service.js';
import type { ProvisioningSettings } from '../../projects/project.service.js';
import type { Enrolment, EnrolmentService } from '../enrolment.service.js';
import type { EnrolmentRecoveryService } from '../recovery/enrolment-recovery.service.js';

const ORDERING = '/mobile-id/get';

type Shown =
  'defaultCertificates' | 'selectableCertificates' | 'channels' | 'validityDays' | 'instructions';

/** The user's side of a project. */
export interface Offer extends Pick<ProvisioningSettings, Shown> {
  readonly projectId: string;
  readonly name: string;
  readonly access: AccessDecision;
  readonly pendingEnrolment: Enrolment | null;
  readonly recoverableIds: readonly CertificateId[];
}

/** What a user may order for himself, and what he has ordered but not finished. */
export class OffersService {
  constructor(
    private readonly ports: {
      readonly memberStandings: MemberStandingService;
      readonly enrolments: EnrolmentService;
      readonly access: AccessService;
      readonly recoveries: EnrolmentRecoveryService;
      /** Whether the server sends invitations by text message. */
      readonly sendsSms: boolean;
      /** Whether users may order for themselves at all. */
      readonly selfService: boolean;
    },
  ) {}

  async of(scope: Scope, actor: UserActor): Promise<Offer[]> {
    const { sendsSms } = this.ports;
    if (!this.ports.selfService) return [];
    const access = await this.ports.access.decide(scope, ORDERING);
    const offered = await this.ports.memberStandings.offeredTo(scope, actor.userId);
    const pending = await this.ports.enrolments.pendingOf(scope, actor.userId);
    const recoverable = await this.ports.recoveries.of(scope, actor.userId, offered);
    return offered.map(({ id, name, settings }) => ({
      projectId: id,
      name,
      defaultCertificates: settings.defaultCertificates,
      selectableCertificates: settings.selectableCertificates,
      channels: settings.channels.filter((each) => each !== 'SMS' || sendsSms),
      validityDays: settings.validityDays,
      instructions: settings.instructions,
      access,
      pendingEnrolment: pending.get(id) ?? null,
      recoverableIds: recoverable.get(id) ?? [],
    }));
  }
}
