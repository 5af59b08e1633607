import { DomainError, invalidInput } from '../../../kernel/errors.js';
import { parseId, type ProfileId, type ProjectId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AccessService, NamedCredentials } from '../../access/access.service.js';
import {
  namesNothing,
  type ProofExclusionService,
} from '../../profiles/proof-exclusion.service.js';
import {
  mayBeReplaced,
  type MobileIdProfile,
  type ProfileService,
} from '../../profiles/profile.service.js';
import type { DeliveryChannel } from '../../projects/project.service.js';
import type { User } from '../../users/user.service.js';
import type { Enrolment } from '../enrolment.entity.js';

type Order = NamedCredentials;

const LOST_CHANNEL = { EMAIL: 'EMAIL', PHONE: 'SMS' } as const;

/** Orders that take the place of a mobile ID, or that are placed by who has lost something. */
export class ReplacementService {
  constructor(
    private readonly ports: {
      readonly access: AccessService;
      readonly exclusions: ProofExclusionService;
      readonly profiles: ProfileService;
    },
  ) {}

  /**
   * Judges the order anew without what it replaces or declares lost: that proves nothing.
   * @throws DomainError INSUFFICIENT_USER_AUTHENTICATION with SAME_CREDENTIAL in `missing`
   */
  async requireProof(scope: Scope, user: User, resource: string, order: Order): Promise<void> {
    if (namesNothing(order)) return;
    const excludedCredentials = await this.excludedBy(scope, user, order);
    await this.ports.access.require(scope, resource, { isChange: true, excludedCredentials });
  }

  /** Credentials of the user that the order replaces, recovers, or declares lost: they prove nothing for it. */
  excludedBy(scope: Scope, user: User, order: Order): Promise<string[]> {
    return this.ports.exclusions.of(scope, user, order);
  }

  /** The user's mobile ID that the order names; null where it names none. @throws DomainError NOT_FOUND */
  async named(scope: Scope, user: User, order: Order): Promise<MobileIdProfile | null> {
    const { replacesProfileId } = order;
    if (typeof replacesProfileId !== 'string') return null;
    const id = parseId<ProfileId>(replacesProfileId);
    const profile = id && (await this.ports.profiles.find(scope, id));
    if (profile?.userId !== user.id) throw new DomainError('NOT_FOUND');
    return profile;
  }

  /**
   * The same, where it may be replaced within this project. The caller holds the user's row lock.
   * @throws DomainError NOT_FOUND, INVALID_INPUT, INVALID_TRANSITION where it is over
   */
  async replaced(
    scope: ChangeScope,
    user: User,
    projectId: ProjectId,
    order: Order,
  ): Promise<ProfileId | null> {
    const profile = await this.named(scope, user, order);
    if (profile === null) return null;
    if (profile.projectId !== projectId) {
      throw invalidInput('input.replacesProfileId', 'It belongs to another project.');
    }
    if (!mayBeReplaced(profile, scope.now)) {
      throw new DomainError('INVALID_TRANSITION', { from: profile.state, to: 'REVOKED' });
    }
    return profile.id;
  }

  /** Revokes what a finished enrolment replaces. Whatever ended it before, it stays as it is. */
  async finish(scope: ChangeScope, enrolment: Enrolment, successor: ProfileId): Promise<void> {
    const { replacesProfileId } = enrolment;
    if (replacesProfileId === null) return;
    const ending = { reason: 'superseded', detail: `replaced by profile:${successor}` } as const;
    await this.ports.profiles.revoke(scope, [replacesProfileId], ending);
  }
}

/** Whether a code sent this way would go where the user says he cannot be reached any more. */
export function isLost(channel: DeliveryChannel | undefined, { declaredLost }: Order): boolean {
  return (declaredLost ?? []).some((lost) => LOST_CHANNEL[lost] === channel);
}

/** What an order says of replacing, as one order is told from another; nothing where it says nothing. */
export function replacementDigest({ replacesProfileId, declaredLost }: Order): readonly unknown[] {
  const replaces = replacesProfileId?.toLowerCase() ?? null;
  const lost = [...new Set(declaredLost)].sort();
  return replaces === null && lost.length === 0 ? [] : [{ replaces, lost }];
}

/** For the audit log. */
export function describeReplacement(order: Order, replaces: ProfileId | null): string {
  const lost = (order.declaredLost ?? []).map((contact) => ` lost:${contact}`);
  return [...(replaces === null ? [] : [` replaces profile:${replaces}`]), ...lost].join('');
}
