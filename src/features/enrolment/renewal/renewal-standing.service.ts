import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { DomainError } from '../../../kernel/errors.js';
import type { CertificateId, EnrolmentId, ProfileId } from '../../../kernel/ids.js';
import type { Scope } from '../../../platform/scope.js';
import type { Certificate, CertificateService } from '../../certificates/certificate.service.js';
import {
  stateAt,
  type MobileIdProfile,
  type ProfileService,
} from '../../profiles/profile.service.js';
import type { Project, ProjectService } from '../../projects/project.service.js';
import type { UserService } from '../../users/user.service.js';
import type { CompletionService } from '../device/completion.service.js';
import { renewalTerms, type RenewalTerms } from './renewal-terms.js';
import { earliest, presentOf, provingOf, renewableFrom } from './renewal-window.js';

/** How a mobile ID stands, as far as renewing it goes. */
export interface Standing extends RenewalTerms {
  readonly profile: MobileIdProfile;
  /** All that it ever had, in the order of {@link CertificateKind}. */
  readonly kinds: readonly CertificateKind[];
  readonly provingId: CertificateId | undefined;
  readonly endsAt: Date;
  readonly renewableFrom: Date;
  /** What new certificates would be good for. */
  readonly newEnd: Date;
  /** The same, where the phone waits until they can be renewed. */
  readonly newEndThen: Date;
}

interface Order {
  readonly validityDays: number;
}

interface Facts {
  readonly project: Project;
  readonly order: Order | undefined;
  readonly certificates: readonly Certificate[];
}

/** How mobile IDs stand, as far as renewing them goes. */
export class RenewalStandingService {
  constructor(
    private readonly ports: {
      readonly certificates: CertificateService;
      readonly completions: CompletionService;
      readonly profiles: ProfileService;
      readonly projects: ProjectService;
      readonly users: UserService;
    },
  ) {}

  /** @throws DomainError INVALID_TRANSITION with `from`, USER_NOT_ACTIVE */
  async living(scope: Scope, id: ProfileId): Promise<MobileIdProfile> {
    const profile = await this.ports.profiles.find(scope, id);
    if (profile === null) throw new DomainError('NOT_FOUND');
    const state = stateAt(profile, scope.now);
    if (state !== 'ACTIVE') throw new DomainError('INVALID_TRANSITION', { from: state });
    const user = profile.userId && (await this.ports.users.get(scope, profile.userId));
    if (user !== null && user.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    return profile;
  }

  async of(scope: Scope, profile: MobileIdProfile): Promise<Standing> {
    const { certificates, projects } = this.ports;
    const project = await projects.get(scope, profile.projectId);
    const all = (await certificates.ofProfiles(scope, [profile.id])).get(profile.id) ?? [];
    const order = (await ordersOf(scope, [profile])).get(profile.enrolmentId);
    return this.standing(scope, profile, { project, order, certificates: all });
  }

  private standing(
    scope: Scope,
    profile: MobileIdProfile,
    { project, order, certificates }: Facts,
  ): Standing {
    const present = presentOf(certificates, scope.now);
    const kinds = [...new Set(certificates.map(({ kind }) => kind))];
    const terms = renewalTerms(project, kinds, order);
    const from =
      earliest(present.map((each) => renewableFrom(each, project.settings))) ?? profile.validTo;
    const endOf = (start: Date): Date => this.ports.completions.endOf(start, terms.validityDays);
    return {
      ...terms,
      profile,
      kinds,
      provingId: provingOf(present)?.id,
      endsAt: earliest(present.map(({ notAfter }) => notAfter)) ?? profile.validTo,
      renewableFrom: from,
      newEnd: endOf(scope.now),
      newEndThen: endOf(from > scope.now ? from : scope.now),
    };
  }

  /** When each can be renewed; null where it cannot. */
  async renewableFrom(
    scope: Scope,
    profiles: readonly MobileIdProfile[],
  ): Promise<(Date | null)[]> {
    const { certificates, projects } = this.ports;
    const all = await certificates.ofProfiles(
      scope,
      profiles.map(({ id }) => id),
    );
    const found = await projects.byIds(
      scope,
      profiles.map(({ projectId }) => projectId),
    );
    const orders = await ordersOf(scope, profiles);
    return profiles.map((profile, i) => {
      const project = found[i];
      if (project === undefined || stateAt(profile, scope.now) !== 'ACTIVE') return null;
      const standing = this.standing(scope, profile, {
        project,
        order: orders.get(profile.enrolmentId),
        certificates: all.get(profile.id) ?? [],
      });
      const canBe = standing.provingId !== undefined && standing.newEndThen > standing.endsAt;
      return canBe ? standing.renewableFrom : null;
    });
  }
}

/** By the enrolments that the mobile IDs came from. */
async function ordersOf(
  scope: Scope,
  profiles: readonly Pick<MobileIdProfile, 'enrolmentId'>[],
): Promise<ReadonlyMap<EnrolmentId, Order>> {
  const rows = await scope.sql<Order & { readonly id: EnrolmentId }>(
    'renewal-standing.orders',
    'SELECT id, validity_days AS "validityDays" FROM enrolment WHERE id = ANY($1)',
    [profiles.map(({ enrolmentId }) => enrolmentId)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
