import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import { DomainError } from '../../kernel/errors.js';
import {
  filterId,
  parseId,
  type DeviceId,
  type ProfileId,
  type ProjectId,
  type UserId,
} from '../../kernel/ids.js';
import { pageRequest } from '../../kernel/pagination.js';
import { loaderOf } from '../../platform/loaders.js';
import type { UnitOfWork } from '../../platform/scope.js';
import type { AccessService } from '../access/access.service.js';
import { Resource } from '../access/resource.types.js';
import type { CertificateService } from '../certificates/certificate.service.js';
import { CertificateType, toCertificate } from '../certificates/certificate.types.js';
import type { RecoveredCertificateService } from '../certificates/key-archive/recovered-certificate.service.js';
import type { ProjectService } from '../projects/project.service.js';
import { ProjectSummaryType } from '../projects/project.types.js';
import type { UserService } from '../users/user.service.js';
import { UserSummaryType, UserType } from '../users/user.types.js';
import type { DeviceService } from './device.service.js';
import type { ProfileService } from './profile.service.js';
import {
  DeviceType,
  MobileIdProfileConnectionType,
  MobileIdProfileType,
  ProfilesArgs,
} from './profile.types.js';

interface Services {
  readonly work: UnitOfWork;
  readonly profiles: ProfileService;
  readonly devices: DeviceService;
  readonly certificates: CertificateService;
  readonly recoveredCertificates: RecoveredCertificateService;
  readonly projects: ProjectService;
  readonly users: UserService;
}

@Resolver(() => MobileIdProfileType)
export class ProfileResolver {
  constructor(private readonly services: Services) {}

  @Resource('/mobile-id')
  @Query(() => [MobileIdProfileType], { description: "The caller's own mobile IDs, newest first." })
  myProfiles(@Ctx() ctx: RequestContext): Promise<MobileIdProfileType[]> {
    if (ctx.actor.kind !== 'user') throw new DomainError('UNAUTHENTICATED');
    return this.services.profiles.ofUser(this.services.work.read(ctx), ctx.actor.userId);
  }

  @Resource('/operator/profiles')
  @Query(() => MobileIdProfileType, {
    nullable: true,
    description: 'One mobile ID; null where there is none with this id.',
  })
  async profile(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the mobile ID.' }) id: string,
  ): Promise<MobileIdProfileType | null> {
    const wanted = parseId<ProfileId>(id);
    return wanted === undefined
      ? null
      : this.services.profiles.find(this.services.work.read(ctx), wanted);
  }

  @Resource('/operator/profiles')
  @Query(() => MobileIdProfileConnectionType, { description: 'Mobile IDs, newest first.' })
  async profiles(
    @Ctx() ctx: RequestContext,
    @Args(() => ProfilesArgs) { first, after, ...wanted }: ProfilesArgs,
  ): Promise<MobileIdProfileConnectionType> {
    const filter = {
      projectId: filterId<ProjectId>(wanted.projectId),
      userId: filterId<UserId>(wanted.userId),
      state: wanted.state ?? undefined,
    };
    const { work, profiles } = this.services;
    return profiles.list(work.read(ctx), filter, pageRequest(first ?? 20, after));
  }

  @FieldResolver(() => ProjectSummaryType, { description: 'The programme that it belongs to.' })
  project(
    @Root() profile: MobileIdProfileType,
    @Ctx() ctx: RequestContext,
  ): Promise<ProjectSummaryType> {
    const { work, projects } = this.services;
    return projects.loadSummary(work.read(ctx), profile.projectId as ProjectId);
  }

  @FieldResolver(() => UserSummaryType, { nullable: true, description: 'Its holder.' })
  async user(
    @Root() profile: MobileIdProfileType,
    @Ctx() ctx: RequestContext,
  ): Promise<UserSummaryType | null> {
    const { work, users } = this.services;
    return profile.userId === null
      ? null
      : users.loadSummary(work.read(ctx), profile.userId as UserId);
  }

  @FieldResolver(() => DeviceType, { description: 'The phone that it is on.' })
  device(@Root() profile: MobileIdProfileType, @Ctx() ctx: RequestContext): Promise<DeviceType> {
    const { work, devices } = this.services;
    return devices.load(work.read(ctx), profile.deviceId as DeviceId);
  }

  @FieldResolver(() => [CertificateType], {
    description:
      'Its certificates: authentication, signature, encryption, and then those that it brought along from earlier ones.',
  })
  async certificates(
    @Root() profile: MobileIdProfileType,
    @Ctx() ctx: RequestContext,
  ): Promise<CertificateType[]> {
    const { work, certificates, recoveredCertificates } = this.services;
    const loader = loaderOf(ctx, 'certificates-of-profile', async (ids: readonly ProfileId[]) => {
      const byProfile = await certificates.ofProfiles(work.read(ctx), ids);
      const recovered = await recoveredCertificates.ofProfiles(work.read(ctx), ids);
      return ids.map((id) => [
        ...(byProfile.get(id) ?? []).map((row) => toCertificate(row, false)),
        ...(recovered.get(id) ?? []).map((row) => toCertificate(row, true)),
      ]);
    });
    return loader.load(profile.id as ProfileId);
  }
}

/** Adds `User.profiles`: the field lives with the slice that owns the data. */
@Resolver(() => UserType)
export class UserProfilesResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly profiles: ProfileService,
    private readonly access: AccessService,
  ) {}

  @Resource('/mobile-id')
  @FieldResolver(() => [MobileIdProfileType], {
    name: 'profiles',
    description: "His mobile IDs, newest first. Another user's need /operator/profiles.",
  })
  async profilesOf(
    @Root() user: UserType,
    @Ctx() ctx: RequestContext,
  ): Promise<MobileIdProfileType[]> {
    const scope = this.work.read(ctx);
    const isOwn = ctx.actor.kind === 'user' && ctx.actor.userId === user.id;
    if (!isOwn) await this.access.require(scope, '/operator/profiles');
    return this.profiles.ofUser(scope, user.id as UserId);
  }
}
