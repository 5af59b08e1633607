import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { Resource } from '../../access/resource.types.js';
import type { ActivationService } from './activation.service.js';
import type { ClaimService } from './claim.service.js';
import type { InvitationOpenedService } from '../invitations/invitation-opened.service.js';
import {
  ActivateEnrolmentInput,
  ClaimEnrolmentInput,
  DeviceTaskType,
  IssuedMobileIdType,
} from './device.types.js';

/** What phones call. */
@Resolver()
export class DeviceResolver {
  constructor(
    private readonly claims: ClaimService,
    private readonly activations: ActivationService,
    private readonly opened: InvitationOpenedService,
  ) {}

  @Resource('/device')
  @Mutation(() => Boolean, {
    description:
      'A page that the link of a mail or text message leads to was opened. Claims nothing. False for a code of no enrolment; refused where the code leads nowhere any more, with the code that tells why.',
  })
  noteInvitationOpened(
    @Ctx() ctx: RequestContext,
    @Arg('code', () => String, { description: 'What stands behind # in the link.' }) code: string,
  ): Promise<boolean> {
    return this.opened.note(ctx, code);
  }

  @Resource('/device')
  @Mutation(() => DeviceTaskType, {
    description:
      "A phone has scanned a code and claims it. From then on an enrolment's own code belongs to this phone: the same key may repeat the call, another gets ENROLMENT_TAKEN. A project's activation code is for any number of phones, and begins an enrolment for each; where there is no ID to be had, it is ACTIVATION_CODE_ROTATED, ACTIVATION_PAUSED, QUOTA_REACHED or ID_RANGE_EXHAUSTED, and FORBIDDEN with `reason` SUSPENDED where the phone's mobile ID in the project is.",
  })
  claimEnrolment(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ClaimEnrolmentInput, { description: 'Code, phone and proof.' })
    input: ClaimEnrolmentInput,
  ): Promise<DeviceTaskType> {
    const { code, device, proof } = input;
    const { name, platform, model = null } = device;
    return this.claims.claim(ctx, { code, proof, device: { name, platform, model } });
  }

  @Resource('/device')
  @Mutation(() => IssuedMobileIdType, {
    description:
      "Issues the certificates for the phone's requests. Repeated with the same requests, it returns the same mobile ID; INVALID_TRANSITION while that is suspended and keys are waiting for its phone. By a project's activation code the phone's ID is assigned here: what claimEnrolment refuses of such a code then ends the enrolment.",
  })
  async activateEnrolment(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ActivateEnrolmentInput, { description: "The phone's requests." })
    input: ActivateEnrolmentInput,
  ): Promise<IssuedMobileIdType> {
    const profile = await this.activations.activate(ctx, input);
    const encryptionKeys = await this.activations.keysFor(ctx, profile);
    const chain = await this.activations.chainOf(ctx, profile);
    return { profile, chain, encryptionKeys };
  }

  @Resource('/device')
  @Mutation(() => Boolean, {
    description:
      'The phone has stored everything; wrapped keys are forgotten. True, also where it is said again.',
  })
  async acknowledgeActivation(
    @Ctx() ctx: RequestContext,
    @Arg('deviceToken', () => String, { description: 'From the task.' }) deviceToken: string,
  ): Promise<boolean> {
    await this.activations.acknowledge(ctx, deviceToken);
    return true;
  }
}
