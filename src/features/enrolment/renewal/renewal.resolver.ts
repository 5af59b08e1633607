import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { loaderOf } from '../../../platform/loaders.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { Resource } from '../../access/resource.types.js';
import type { MobileIdProfile } from '../../profiles/profile.service.js';
import { MobileIdProfileType } from '../../profiles/profile.types.js';
import type { ActivationService } from '../device/activation.service.js';
import { IssuedMobileIdType } from '../device/device.types.js';
import type { RenewalEndService } from './renewal-end.service.js';
import type { RenewalStandingService } from './renewal-standing.service.js';
import type { RenewalService } from './renewal.service.js';
import { PROOF_DESCRIPTION, RenewalTaskType, RenewMobileIdInput } from './renewal.types.js';

interface Services {
  readonly work: UnitOfWork;
  readonly renewals: RenewalService;
  readonly renewalEnds: RenewalEndService;
  readonly renewalStanding: RenewalStandingService;
  readonly activations: ActivationService;
}

/** What phones call to renew a mobile ID, and the field that says from when on. */
@Resolver(() => MobileIdProfileType)
export class RenewalResolver {
  constructor(private readonly services: Services) {}

  @Resource('/device')
  @Query(() => RenewalTaskType, {
    description:
      'What it takes to renew a mobile ID; also answered before it can be renewed. INVALID_TRANSITION for one that is suspended, revoked or has run out.',
  })
  mobileIdRenewal(
    @Ctx() ctx: RequestContext,
    @Arg('proof', () => String, { description: PROOF_DESCRIPTION }) proof: string,
  ): Promise<RenewalTaskType> {
    return this.services.renewals.task(ctx, proof);
  }

  @Resource('/device')
  @Mutation(() => IssuedMobileIdType, {
    description:
      'Issues new certificates for new keys; the mobile ID stays the same. The old ones stay good until acknowledgeRenewal, or for a week. Repeated with the same requests, by the same old key, it returns the same; with others: CONFLICT. Too early: INVALID_TRANSITION with `renewableFrom`.',
  })
  async renewMobileId(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RenewMobileIdInput, { description: 'Proof and requests.' })
    input: RenewMobileIdInput,
  ): Promise<IssuedMobileIdType> {
    const { renewals, activations } = this.services;
    const profile = await renewals.renew(ctx, input);
    const encryptionKeys = await renewals.keysFor(ctx, profile);
    const chain = await activations.chainOf(ctx, profile);
    return { profile, chain, encryptionKeys };
  }

  @Resource('/device')
  @Mutation(() => Boolean, {
    description:
      'The phone has stored the new certificates: the old ones are revoked (superseded), and wrapped keys are forgotten. It may be repeated.',
  })
  async acknowledgeRenewal(
    @Ctx() ctx: RequestContext,
    @Arg('proof', () => String, {
      description: 'As for mobileIdRenewal, by the new key.',
    })
    proof: string,
  ): Promise<boolean> {
    await this.services.renewalEnds.acknowledge(ctx, proof);
    return true;
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description: 'From when on its phone can renew it; null where it cannot be renewed.',
  })
  async renewableFrom(
    @Root() profile: MobileIdProfileType,
    @Ctx() ctx: RequestContext,
  ): Promise<Date | null> {
    const { work, renewalStanding } = this.services;
    const loader = loaderOf(ctx, 'renewable-from', (profiles: readonly MobileIdProfile[]) =>
      renewalStanding.renewableFrom(work.read(ctx), profiles),
    );
    return loader.load(profile as MobileIdProfile);
  }
}
