import { GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import type { ProjectId } from '../../../kernel/ids.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { Resource } from '../../access/resource.types.js';
import { QrCode } from '../../qr/qr.types.js';
import { ProjectType } from '../project.types.js';
import { AppLinkType } from '../settings/settings.types.js';
import type { ActivationSheetService } from './activation-sheet.service.js';
import {
  nextNumber,
  type SelfRegistration,
  type SelfRegistrationService,
} from './self-registration.service.js';
import { SelfRegistrationType, UpdateIdPolicyInput } from './self-registration.types.js';

interface Services {
  readonly work: UnitOfWork;
  readonly selfRegistrations: SelfRegistrationService;
  readonly activationSheets: ActivationSheetService;
}

const PROJECT_ID = { description: 'Id of the project.' };

/** What is made of a project's row. */
@Resolver(() => SelfRegistrationType)
export class SelfRegistrationResolver {
  constructor(private readonly services: Services) {}

  @FieldResolver(() => QrCode, {
    description: 'The activation QR code, for any number of phones until it is rotated.',
  })
  qr(@Root() own: SelfRegistration): QrCode {
    return { uri: this.services.selfRegistrations.linkOf(own) };
  }

  @FieldResolver(() => String, {
    description:
      'A page to print, PDF, base64: QR code, instructions, and the links to the phone page and the apps. GET /projects/ID/activation-code.pdf gives the same.',
  })
  async pdf(@Root() own: SelfRegistration, @Ctx() ctx: RequestContext): Promise<string> {
    const { work, activationSheets } = this.services;
    return (await activationSheets.pdf(work.read(ctx), own)).toString('base64');
  }

  @FieldResolver(() => GraphQLSafeInt, {
    nullable: true,
    description: 'The ID to be assigned next. Null when the range is exhausted.',
  })
  nextId(@Root() own: SelfRegistration): number | null {
    return nextNumber(own, own.lastId);
  }

  @Resource('/admin/projects')
  @Mutation(() => ProjectType, {
    description:
      'Nobody gets an ID any more until resumeSelfRegistration: phones that scan the code, and those that have but are not active yet, are told ACTIVATION_PAUSED, and scan again later. Said again, it changes nothing.',
  })
  pauseSelfRegistration(
    @Ctx() ctx: RequestContext,
    @Arg('projectId', () => ID, PROJECT_ID) projectId: string,
  ): Promise<ProjectType> {
    const { work, selfRegistrations } = this.services;
    return work.change(ctx, (scope) => selfRegistrations.pause(scope, projectId));
  }

  @Resource('/admin/projects')
  @Mutation(() => ProjectType, {
    description: 'Phones get IDs again. Said again, it changes nothing.',
  })
  resumeSelfRegistration(
    @Ctx() ctx: RequestContext,
    @Arg('projectId', () => ID, PROJECT_ID) projectId: string,
  ): Promise<ProjectType> {
    const { work, selfRegistrations } = this.services;
    return work.change(ctx, (scope) => selfRegistrations.resume(scope, projectId));
  }

  @Resource('/admin/projects')
  @Mutation(() => ProjectType, {
    description:
      'A new activation QR code. The old one stops working at once: phones that scan it, and those that have but are not active yet, are told ACTIVATION_CODE_ROTATED.',
  })
  rotateActivationCode(
    @Ctx() ctx: RequestContext,
    @Arg('projectId', () => ID, PROJECT_ID) projectId: string,
  ): Promise<ProjectType> {
    const { work, selfRegistrations } = this.services;
    return work.change(ctx, (scope) => selfRegistrations.rotate(scope, projectId));
  }

  @Resource('/admin/projects')
  @Mutation(() => ProjectType, {
    description: 'Changes which IDs may be assigned from now on. Those that were stay as they are.',
  })
  updateIdPolicy(
    @Ctx() ctx: RequestContext,
    @Arg('projectId', () => ID, PROJECT_ID) projectId: string,
    @Arg('policy', () => UpdateIdPolicyInput, { description: 'What changes.' })
    policy: UpdateIdPolicyInput,
  ): Promise<ProjectType> {
    const { work, selfRegistrations } = this.services;
    return work.change(ctx, (scope) => selfRegistrations.updatePolicy(scope, projectId, policy));
  }
}

/** Adds `Project.selfRegistration`, which shows more than operators may see. */
@Resolver(() => ProjectType)
export class ProjectSelfRegistrationResolver {
  constructor(private readonly services: Pick<Services, 'work' | 'selfRegistrations'>) {}

  @Resource('/admin/projects')
  @FieldResolver(() => SelfRegistrationType, {
    nullable: true,
    description:
      'Its activation code, and which IDs it assigns; null in a MANAGED project. For administrators.',
  })
  selfRegistration(
    @Root() { id }: ProjectType,
    @Ctx() ctx: RequestContext,
  ): Promise<SelfRegistrationType | null> {
    const { work, selfRegistrations } = this.services;
    return selfRegistrations.load(work.read(ctx), id as ProjectId);
  }
}

/** Adds `AppLink.qr`. */
@Resolver(() => AppLinkType)
export class AppLinkResolver {
  @FieldResolver(() => QrCode, { description: 'The URL as QR code.' })
  qr(@Root() { url }: AppLinkType): QrCode {
    return { uri: url };
  }
}
