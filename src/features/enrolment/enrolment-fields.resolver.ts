import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import { PROBLEMS } from '../../kernel/errors.js';
import type { UnitOfWork } from '../../platform/scope.js';
import type { DeviceService } from '../profiles/device.service.js';
import type { ProfileService } from '../profiles/profile.service.js';
import { DeviceType, MobileIdProfileType } from '../profiles/profile.types.js';
import type { ProjectService } from '../projects/project.service.js';
import { ProjectSummaryType } from '../projects/project.types.js';
import { QrCode } from '../qr/qr.types.js';
import type { UserService } from '../users/user.service.js';
import { UserSummaryType } from '../users/user.types.js';
import type { DeliveryService } from './invitations/delivery.service.js';
import { canBeScanned } from './enrolment-status.js';
import { wasOrderedBy } from './enrolment-rights.js';
import type { Enrolment } from './enrolment.service.js';
import { EnrolmentEventType, EnrolmentFailureType, EnrolmentType } from './enrolment.types.js';
import { toEvent, type StatusService } from './status/status.service.js';

interface Services {
  readonly work: UnitOfWork;
  readonly projects: ProjectService;
  readonly users: UserService;
  readonly devices: DeviceService;
  readonly profiles: ProfileService;
  readonly delivery: DeliveryService;
  readonly status: StatusService;
}

/** Fields of an enrolment that come from elsewhere, or that not every viewer may see. */
@Resolver(() => EnrolmentType)
export class EnrolmentFieldsResolver {
  constructor(private readonly services: Services) {}

  @FieldResolver(() => ProjectSummaryType, { description: 'The programme that it belongs to.' })
  project(@Root() row: Enrolment, @Ctx() ctx: RequestContext): Promise<ProjectSummaryType> {
    const { work, projects } = this.services;
    return projects.loadSummary(work.read(ctx), row.projectId);
  }

  @FieldResolver(() => UserSummaryType, {
    nullable: true,
    description: 'Null in a SELF_REGISTRATION project, which has no users.',
  })
  async user(@Root() row: Enrolment, @Ctx() ctx: RequestContext): Promise<UserSummaryType | null> {
    const { work, users } = this.services;
    return row.userId === null ? null : users.loadSummary(work.read(ctx), row.userId);
  }

  @FieldResolver(() => DeviceType, { nullable: true, description: 'The phone that has scanned.' })
  async device(@Root() row: Enrolment, @Ctx() ctx: RequestContext): Promise<DeviceType | null> {
    const { work, devices } = this.services;
    return row.deviceId === null ? null : devices.load(work.read(ctx), row.deviceId);
  }

  @FieldResolver(() => MobileIdProfileType, {
    nullable: true,
    description: 'The mobile ID that it led to.',
  })
  async profile(
    @Root() row: Enrolment,
    @Ctx() ctx: RequestContext,
  ): Promise<MobileIdProfileType | null> {
    const { work, profiles } = this.services;
    return row.profileId === null ? null : profiles.load(work.read(ctx), row.profileId);
  }

  @FieldResolver(() => MobileIdProfileType, {
    nullable: true,
    description: 'The mobile ID that is revoked when the new one becomes active; null for none.',
  })
  async replaces(
    @Root() row: Enrolment,
    @Ctx() ctx: RequestContext,
  ): Promise<MobileIdProfileType | null> {
    const { work, profiles } = this.services;
    const { replacesProfileId } = row;
    return replacesProfileId === null ? null : profiles.load(work.read(ctx), replacesProfileId);
  }

  @FieldResolver(() => QrCode, {
    nullable: true,
    description:
      'Null once it can no longer be scanned, where it goes by mail or text message, and for a viewer it was not made for.',
  })
  qr(@Root() row: Enrolment, @Ctx() ctx: RequestContext): QrCode | null {
    const isOnShow = row.channel === 'SCREEN' && canBeScanned(row, ctx.now);
    return isOnShow && wasMadeFor(row, ctx) ? { uri: this.services.delivery.linkOf(row) } : null;
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description: 'Until when the code can be scanned; null once it no longer can.',
  })
  codeExpiresAt(@Root() row: Enrolment, @Ctx() ctx: RequestContext): Date | null {
    return canBeScanned(row, ctx.now) ? row.codeExpiresAt : null;
  }

  @FieldResolver(() => EnrolmentFailureType, {
    nullable: true,
    description: 'Why it failed; null unless it is FAILED.',
  })
  failure(@Root() row: Enrolment): EnrolmentFailureType | null {
    const code = row.failureCode;
    return code === null ? null : { code, message: PROBLEMS[code].title };
  }

  @FieldResolver(() => [EnrolmentEventType], { description: 'What happened, oldest first.' })
  async events(
    @Root() row: Enrolment,
    @Ctx() ctx: RequestContext,
    @Arg('after', () => String, {
      nullable: true,
      description: 'Cursor of an event: only what came after it.',
    })
    after: string | null | undefined,
  ): Promise<EnrolmentEventType[]> {
    const { work, status } = this.services;
    return (await status.events(work.read(ctx), row, after ?? null)).map(toEvent);
  }
}

/**
 * The session or the API client that ordered, and whoever holds the watch token. The user himself otherwise has not shown what
 * an order needs.
 */
function wasMadeFor(row: Enrolment, { actor, grants }: RequestContext): boolean {
  const isOwnSession = actor.kind === 'user' && actor.sessionId === row.orderedInSession;
  const isOwnOrder = actor.kind === 'client' && wasOrderedBy(actor, row);
  return isOwnSession || isOwnOrder || grants.watch === row.id;
}
