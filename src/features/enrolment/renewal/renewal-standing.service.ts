import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { DomainError } from '../../../kernel/errors.js';
import type { CertificateId, ProfileId } from '../../../kernel/ids.js';
import type { Scope } from '../../../platform/scope.js';
import type { CertificateService } from '../../certificates/certificate.service.js';
import type { MobileIdProfile, ProfileService } from '../../profiles/profile.service.js';
import type { ProjectService, ProvisioningSettings } from '../../projects/project.service.js';
import type { UserService } from '../../users/user.service.js';
import { DAY_MS, earliest, presentOf, provingOf, renewableFrom } from './renewal-window.js';

/** How a mobile ID stands, as far as renewing it goes. */
export interface Standing {
  readonly profile: MobileIdProfile;
  /** All that it ever had, in the order of {@link CertificateKind}. */
  readonly kinds: readonly CertificateKind[];
  readonly provingId: CertificateId | undefined;
  readonly endsAt: Date;
  readonly renewableFrom: Date;
  /** What new certificates would be good for. */
  readonly newEnd: Date;
}

interface Facts {
  readonly settings: ProvisioningSettings;
  readonly certificates: readonly Certificate[];
}

type Certificate =
  ReturnType<CertificateService['ofProfiles']> extends Promise<ReadonlyMap<unknown, (infer C)[]>>
    ? C
    : never;

/** How mobile IDs stand, as far as renewing them goes. */
export class RenewalStandingService {
  constructor(
    private readonly ports: {
      readonly certificates: CertificateService;
      readonly profiles: ProfileService;
      readonly projects: ProjectService;
      readonly users: UserService;
    },
  ) {}

  /** @throws DomainError INVALID_TRANSITION with `state`, USER_NOT_ACTIVE */
  async living(scope: Scope, id: ProfileId): Promise<MobileIdProfile> {
    const profile = await this.ports.profiles.find(scope, id);
    if (profile === null) throw new DomainError('NOT_FOUND');
    const state = stateOf(profile, scope);
    if (state !== 'ACTIVE') throw new DomainError('INVALID_TRANSITION', { state });
    const user = profile.userId && (await this.ports.users.get(scope, profile.userId));
    if (user !== null && user.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    return profile;
  }

  async of(scope: Scope, profile: MobileIdProfile): Promise<Standing> {
    const { certificates, projects } = this.ports;
    const { settings } = await projects.get(scope, profile.projectId);
    const all = (await certificates.ofProfiles(scope, [profile.id])).get(profile.id) ?? [];
    return this.standing(scope, profile, { settings, certificates: all });
  }

  private standing(
    scope: Scope,
    profile: MobileIdProfile,
    { settings, certificates }: Facts,
  ): Standing {
    const present = presentOf(certificates, scope.now);
    return {
      profile,
      kinds: [...new Set(certificates.map(({ kind }) => kind))],
      provingId: provingOf(present)?.id,
      endsAt: earliest(present.map(({ notAfter }) => notAfter)) ?? profile.validTo,
      renewableFrom:
        earliest(present.map((each) => renewableFrom(each, settings))) ?? profile.validTo,
      newEnd: this.endOf(scope.now, settings.validityDays),
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
    return profiles.map((profile, i) => {
      const settings = found[i]?.settings;
      if (settings === undefined || stateOf(profile, scope) !== 'ACTIVE') return null;
      const standing = this.standing(scope, profile, {
        settings,
        certificates: all.get(profile.id) ?? [],
      });
      const canBe = standing.provingId !== undefined && standing.newEnd > standing.endsAt;
      return canBe ? standing.renewableFrom : null;
    });
  }

  /** No mobile ID outlives the authority that vouches for it. */
  private endOf(now: Date, validityDays: number): Date {
    const wanted = new Date(now.getTime() + validityDays * DAY_MS);
    const { validTo } = this.ports.certificates.authority;
    return wanted < validTo ? wanted : validTo;
  }
}

/** What has run out has, whether or not the sweep has noticed. */
function stateOf({ state, validTo }: MobileIdProfile, { now }: Scope): MobileIdProfile['state'] {
  return state === 'ACTIVE' && validTo <= now ? 'EXPIRED' : state;
}
