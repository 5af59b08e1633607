import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { actorIdOf, type RequestContext, type UserActor } from '../../kernel/actor.js';
import { DomainError } from '../../kernel/errors.js';
import { filterId, parseId, type ProjectId, type UserId } from '../../kernel/ids.js';
import { pageRequest } from '../../kernel/pagination.js';
import type { RateLimits } from '../../platform/rate-limits.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import type { CertificateService } from '../certificates/certificate.service.js';
import { toCertificate } from '../certificates/certificate.types.js';
import type { ConfirmationService } from './device/confirmation.service.js';
import type { EnrolmentService } from './enrolment.service.js';
import {
  EnrolmentConnectionType,
  EnrolmentsArgs,
  EnrolmentType,
  MobileIdOfferType,
  StartEnrolmentInput,
  StartedEnrolmentType,
} from './enrolment.types.js';
import type { OffersService } from './ordering/offers.service.js';
import type { OrderingService } from './ordering/ordering.service.js';

interface Services {
  readonly work: UnitOfWork;
  readonly enrolments: EnrolmentService;
  readonly offers: OffersService;
  readonly ordering: OrderingService;
  readonly certificates: CertificateService;
  readonly confirmations: ConfirmationService;
  readonly limits: RateLimits;
}
const ENROLMENT_ID = { description: 'Id of the enrolment.' };

@Resolver()
export class EnrolmentResolver {
  constructor(private readonly services: Services) {}

  @Resource('/mobile-id')
  @Query(() => [MobileIdOfferType], {
    description: 'What the caller may order, and what ordering still needs.',
  })
  async mobileIdOffers(@Ctx() ctx: RequestContext): Promise<MobileIdOfferType[]> {
    const { work, offers, certificates } = this.services;
    const found = await offers.of(work.read(ctx), signedIn(ctx));
    const ids = found.flatMap(({ recoverableIds }) => recoverableIds);
    const recoverable = await certificates.byIds(work.read(ctx), ids);
    return found.map(({ recoverableIds, ...offer }) => ({
      ...offer,
      recoverableCertificates: recoverable
        .filter(({ id }) => recoverableIds.includes(id))
        .map((row) => toCertificate(row)),
    }));
  }

  @Resource('/enrolments/watch')
  @Query(() => EnrolmentType, {
    nullable: true,
    description:
      'One enrolment, for its owner, for who ordered it, and for the holder of a token for it; null for others.',
  })
  async enrolment(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENROLMENT_ID) id: string,
  ): Promise<EnrolmentType | null> {
    const { work, enrolments } = this.services;
    return (await enrolments.visible(work.read(ctx), id)) ?? null;
  }

  @Resource('/operator/enrolments')
  @Query(() => EnrolmentConnectionType, { description: 'Enrolments, newest first.' })
  async enrolments(
    @Ctx() ctx: RequestContext,
    @Args(() => EnrolmentsArgs) { first, after, ...wanted }: EnrolmentsArgs,
  ): Promise<EnrolmentConnectionType> {
    const { work, enrolments } = this.services;
    const filter = {
      projectId: filterId<ProjectId>(wanted.projectId),
      userId: filterId<UserId>(wanted.userId),
      status: wanted.status ?? undefined,
    };
    return enrolments.list(work.read(ctx), filter, pageRequest(first ?? 20, after));
  }

  @Resource('/mobile-id/get')
  @Mutation(() => StartedEnrolmentType, {
    description: 'Orders a mobile ID for the caller. An earlier unfinished order is superseded.',
  })
  async startEnrolment(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => StartEnrolmentInput, { description: 'The order.' })
    input: StartEnrolmentInput,
  ): Promise<StartedEnrolmentType> {
    const actor = signedIn(ctx);
    const { work, limits, ordering } = this.services;
    await limits.take('enrolment/start', `${actor.userId} ${actor.userId}`);
    return work.change(ctx, (scope) => ordering.startForSelf(scope, actor, input));
  }

  @Resource('/operator/mobile-id/supply')
  @Mutation(() => StartedEnrolmentType, {
    description:
      'Orders a mobile ID for another user, who must hold no role that the caller lacks.',
  })
  async startEnrolmentForUser(
    @Ctx() ctx: RequestContext,
    @Arg('userId', () => ID, { description: 'For whom.' }) userId: string,
    @Arg('input', () => StartEnrolmentInput, { description: 'The order.' })
    input: StartEnrolmentInput,
  ): Promise<StartedEnrolmentType> {
    const { actor } = ctx;
    if (actor.kind !== 'user' && actor.kind !== 'client') throw new DomainError('UNAUTHENTICATED');
    const { work, limits, ordering } = this.services;
    const user = parseId<UserId>(userId);
    if (user === undefined) throw new DomainError('NOT_FOUND');
    await limits.take('enrolment/start', `${actorIdOf(actor)} ${user}`);
    return work.change(ctx, (scope) =>
      ordering.startFor(scope, actor, { userId: user, order: input }),
    );
  }

  @Resource('/enrolments/confirm')
  @Mutation(() => EnrolmentType, {
    description:
      'Confirms the phone by the six digits that it shows. Five wrong ones fail the enrolment.',
  })
  confirmDevice(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENROLMENT_ID) id: string,
    @Arg('code', () => String, { description: 'The six digits that the phone shows.' })
    code: string,
  ): Promise<EnrolmentType> {
    return this.services.confirmations.confirm(ctx, id, code);
  }

  @Resource('/enrolments/cancel')
  @Mutation(() => EnrolmentType, { description: 'Ends an enrolment that is not finished yet.' })
  cancelEnrolment(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENROLMENT_ID) id: string,
  ): Promise<EnrolmentType> {
    const { work, enrolments } = this.services;
    return work.change(ctx, (scope) => enrolments.cancel(scope, id));
  }

  @Resource('/enrolments/renew')
  @Mutation(() => EnrolmentType, {
    description: 'A fresh QR code for an enrolment whose code ran out unscanned.',
  })
  async renewEnrolmentCode(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENROLMENT_ID) id: string,
  ): Promise<EnrolmentType> {
    const { work, limits, enrolments } = this.services;
    const enrolment = await enrolments.visible(work.read(ctx), id);
    if (enrolment === undefined) throw new DomainError('NOT_FOUND');
    await limits.take('enrolment/renew', enrolment.id);
    return work.change(ctx, (scope) => enrolments.renewCode(scope, id));
  }

  @Resource('/operator/mobile-id/approve')
  @Mutation(() => EnrolmentType, {
    description:
      'With the code that the phone shows; never by the one who ordered, nor for oneself.',
  })
  approveDevice(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENROLMENT_ID) id: string,
    @Arg('code', () => String, { description: 'The six digits that the phone shows.' })
    code: string,
  ): Promise<EnrolmentType> {
    return this.services.confirmations.approve(ctx, id, code);
  }

  @Resource('/operator/mobile-id/approve')
  @Mutation(() => EnrolmentType, {
    description: 'Cancels the enrolment of a phone that is not the right one.',
  })
  rejectDevice(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENROLMENT_ID) id: string,
    @Arg('reason', () => String, { nullable: true, description: 'For the audit log.' })
    reason: string | null,
  ): Promise<EnrolmentType> {
    const { work, confirmations } = this.services;
    return work.change(ctx, (scope) => confirmations.reject(scope, id, reason));
  }
}

function signedIn(ctx: RequestContext): UserActor {
  if (ctx.actor.kind !== 'user') throw new DomainError('UNAUTHENTICATED');
  return ctx.actor;
}
