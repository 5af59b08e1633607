import type { UserActor } from '../../kernel/actor.js';
import { DomainError, invalidInput } from '../../kernel/errors.js';
import { parseId, type ProfileId } from '../../kernel/ids.js';
import { textProblem } from '../../kernel/text.js';
import type { ChangeScope } from '../../platform/scope.js';
import type { AccessService } from '../access/access.service.js';
import type { ApiClientService } from '../api-clients/api-client.service.js';
import type { User, UserService } from '../users/user.service.js';
import type { MobileIdProfile, ProfileService } from './profile.service.js';
import {
  mayFollow,
  stateAt,
  SUSPENDERS,
  type ProfileState,
  type Suspender,
} from './profile-state.js';
import type { ProofExclusionService } from './proof-exclusion.service.js';
import { REASON_OF, type RevocationCause } from './revocation-cause.js';

const ORDERING = '/mobile-id/get';
const REVOKING = '/mobile-id/revoke';
const SUSPENDING = '/mobile-id/deactivate';
const MAX_REASON = 500;

/** Why, for the audit log; and what relying parties are told of it. */
export interface Revocation {
  readonly reason?: string | null | undefined;
  readonly cause?: RevocationCause | null | undefined;
}

/**
 * Mobile IDs as their holders and operators revoke, suspend and reactivate them. A call that is repeated because its answer was
 * lost gets the same answer, and changes nothing.
 */
export class ProfileControl {
  constructor(
    private readonly ports: {
      readonly profiles: ProfileService;
      readonly users: UserService;
      readonly clients: ApiClientService;
      readonly access: AccessService;
      readonly exclusions: ProofExclusionService;
    },
  ) {}

  /**
   * By its holder; it proves nothing for that itself.
   * @throws DomainError NOT_FOUND, INSUFFICIENT_USER_AUTHENTICATION, INVALID_TRANSITION of one that has run out
   */
  async revokeOwn(
    scope: ChangeScope,
    actor: UserActor,
    id: string,
    revocation: Revocation,
  ): Promise<MobileIdProfile> {
    checkReason(revocation.reason);
    const profile = await this.own(scope, actor, id, [REVOKING]);
    return this.revokeLocked(scope, profile, revocation);
  }

  /** By its holder, who has mislaid the phone. @throws DomainError as {@link revokeOwn}, and of one that is revoked */
  async deactivateOwn(
    scope: ChangeScope,
    actor: UserActor,
    id: string,
    reason?: string | null,
  ): Promise<MobileIdProfile> {
    checkReason(reason);
    const profile = await this.own(scope, actor, id, [SUSPENDING]);
    return this.suspendLocked(scope, profile, { by: 'HOLDER', reason });
  }

  /**
   * By its holder, who has found the phone, and proves as much as for ordering a new one.
   * @throws DomainError as {@link deactivateOwn}; FORBIDDEN where an operator has suspended it
   */
  async reactivateOwn(scope: ChangeScope, actor: UserActor, id: string): Promise<MobileIdProfile> {
    const profile = await this.own(scope, actor, id, [SUSPENDING, ORDERING]);
    if (stateAt(profile, scope.now) === 'ACTIVE') return profile;
    refuseMove(scope, profile, 'ACTIVE');
    refuseRemoved(profile);
    if (profile.suspendedBy.some((by) => by !== 'HOLDER')) {
      throw new DomainError('FORBIDDEN', { reason: 'SUSPENDED_BY_OPERATOR' });
    }
    return this.releaseLocked(scope, profile, ['HOLDER']);
  }

  /** By an operator. @throws DomainError NOT_FOUND, FORBIDDEN, INVALID_TRANSITION of one that has run out */
  async revoke(scope: ChangeScope, id: string, revocation: Revocation): Promise<MobileIdProfile> {
    checkReason(revocation.reason);
    const { profile } = await this.anybodys(scope, id);
    return this.revokeLocked(scope, profile, revocation);
  }

  /** By an operator. @throws DomainError NOT_FOUND, FORBIDDEN, INVALID_TRANSITION of one that is over */
  async deactivate(
    scope: ChangeScope,
    id: string,
    reason?: string | null,
  ): Promise<MobileIdProfile> {
    checkReason(reason);
    const { profile } = await this.anybodys(scope, id);
    return this.suspendLocked(scope, profile, { by: 'OPERATOR', reason });
  }

  /**
   * By an operator, whoever has suspended it; but not his own, nor that of who was removed from the project.
   * @throws DomainError NOT_FOUND, FORBIDDEN, INVALID_TRANSITION of one that is over, USER_NOT_ACTIVE
   */
  async reactivate(scope: ChangeScope, id: string): Promise<MobileIdProfile> {
    const { profile, holder } = await this.anybodys(scope, id);
    if (stateAt(profile, scope.now) === 'ACTIVE') return profile;
    refuseMove(scope, profile, 'ACTIVE');
    if (scope.actor.kind === 'user' && scope.actor.userId === profile.userId) {
      throw new DomainError('FORBIDDEN', { reason: 'OWN_ACCOUNT' });
    }
    if (holder !== null && holder.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    refuseRemoved(profile);
    return this.releaseLocked(scope, profile, SUSPENDERS);
  }

  /** One of the actor's own, locked, where he has proven enough without it. */
  private async own(
    scope: ChangeScope,
    { userId }: UserActor,
    id: string,
    resources: readonly string[],
  ): Promise<MobileIdProfile> {
    const { profiles, users, access, exclusions } = this.ports;
    const user = await users.getLocked(scope, userId);
    if (user.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    const profileId = parseId<ProfileId>(id);
    const profile = profileId && (await profiles.lock(scope, profileId));
    if (profile?.userId !== userId) throw new DomainError('NOT_FOUND');
    const named = { replacesProfileId: profile.id };
    const excludedCredentials = await exclusions.of(scope, user, named);
    for (const resource of resources) {
      await access.require(scope, resource, { isChange: true, excludedCredentials });
    }
    return profile;
  }

  /** Any, locked after its holder, who must hold no role that the actor lacks. */
  private async anybodys(
    scope: ChangeScope,
    id: string,
  ): Promise<{ profile: MobileIdProfile; holder: User | null }> {
    const { profiles, users, clients } = this.ports;
    const { actor } = scope;
    const profileId = parseId<ProfileId>(id);
    const seen = profileId && (await profiles.find(scope, profileId));
    if (!seen) throw new DomainError('NOT_FOUND');
    const holder = seen.userId === null ? null : await users.getLocked(scope, seen.userId);
    if (actor.kind === 'client') await clients.requireStanding(scope, actor.apiClientId);
    await users.requireAuthorityOver(scope, holder ?? { roles: [] });
    const profile = await profiles.lock(scope, seen.id);
    if (profile === null) throw new DomainError('NOT_FOUND');
    return { profile, holder };
  }

  private async revokeLocked(
    scope: ChangeScope,
    profile: MobileIdProfile,
    { reason, cause }: Revocation,
  ): Promise<MobileIdProfile> {
    if (profile.state === 'REVOKED') return profile;
    refuseMove(scope, profile, 'REVOKED');
    const told = [cause, reason].filter((part) => typeof part === 'string').join(' ');
    const detail = told === '' ? undefined : told;
    const ending = { reason: REASON_OF[cause ?? 'UNSPECIFIED'], detail };
    await this.ports.profiles.revoke(scope, [profile.id], ending);
    return this.reread(scope, profile);
  }

  private async suspendLocked(
    scope: ChangeScope,
    profile: MobileIdProfile,
    { by, reason }: { readonly by: Suspender; readonly reason: string | null | undefined },
  ): Promise<MobileIdProfile> {
    if (stateAt(profile, scope.now) !== 'INACTIVE') refuseMove(scope, profile, 'INACTIVE');
    const detail = reason ?? undefined;
    await this.ports.profiles.suspend(scope, [profile.id], { by, detail });
    return this.reread(scope, profile);
  }

  private async releaseLocked(
    scope: ChangeScope,
    profile: MobileIdProfile,
    by: readonly Suspender[],
  ): Promise<MobileIdProfile> {
    await this.ports.profiles.release(scope, [profile.id], { by });
    return this.reread(scope, profile);
  }

  private async reread(scope: ChangeScope, { id }: MobileIdProfile): Promise<MobileIdProfile> {
    const profile = await this.ports.profiles.find(scope, id);
    if (profile === null) throw new DomainError('NOT_FOUND');
    return profile;
  }
}

function refuseMove({ now }: ChangeScope, profile: MobileIdProfile, to: ProfileState): void {
  const from = stateAt(profile, now);
  if (!mayFollow(from, to)) throw new DomainError('INVALID_TRANSITION', { from, to });
}

/** He is added to the project again, or it stays suspended. */
function refuseRemoved({ suspendedBy }: MobileIdProfile): void {
  if (suspendedBy.includes('PROJECT')) {
    throw new DomainError('FORBIDDEN', { reason: 'REMOVED_FROM_PROJECT' });
  }
}

function checkReason(reason: string | null | undefined): void {
  const problem = typeof reason === 'string' ? textProblem(reason, { max: MAX_REASON }) : undefined;
  if (problem !== undefined) throw invalidInput('reason', problem);
}
