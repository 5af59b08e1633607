import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { CERTIFICATE_KINDS } from '../../kernel/certificate-kind.js';
import type { RequestContext } from '../../kernel/actor.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import { PageArgs } from '../audit/page-args.types.js';
import { profileOf, purposeNameOf } from '../certificates/profiles/certificate-profile.service.js';
import {
  CertificateProfileInput,
  CertificateProfileType,
} from '../certificates/profiles/certificate-profile.types.js';
import type { Project, ProjectService } from './project.service.js';
import type { SelfRegistrationService } from './self-registration/self-registration.service.js';
import { CreateProjectInput, ProjectConnectionType, ProjectType } from './project.types.js';
import { ProvisioningSettingsInput } from './settings/settings.types.js';

@Resolver(() => ProjectType)
export class ProjectResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly service: ProjectService,
    private readonly selfRegistrations: SelfRegistrationService,
  ) {}

  @Resource('/operator/projects')
  @Query(() => ProjectConnectionType, { description: 'Projects, newest first.' })
  projects(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) { first, after }: PageArgs,
  ): Promise<ProjectConnectionType> {
    return this.service.list(this.work.read(ctx), { first: first ?? 20, after });
  }

  @Resource('/operator/projects')
  @Query(() => ProjectType, {
    nullable: true,
    description: 'One project; null where there is none with this id.',
  })
  async project(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the project.' }) id: string,
  ): Promise<ProjectType | null> {
    return (await this.service.find(this.work.read(ctx), id)) ?? null;
  }

  @Resource('/admin/projects')
  @Mutation(() => ProjectType, {
    description:
      'Makes a project. Its mode stays, as do the first ID, prefix and width of its IDs.',
  })
  createProject(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateProjectInput, { description: 'The project.' })
    input: CreateProjectInput,
  ): Promise<ProjectType> {
    return this.work.change(ctx, (scope) => this.selfRegistrations.createProject(scope, input));
  }

  @Resource('/admin/projects')
  @Mutation(() => ProjectType, {
    description: 'Changes the settings of a project.',
  })
  updateProjectSettings(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the project.' }) id: string,
    @Arg('settings', () => ProvisioningSettingsInput, { description: 'What changes.' })
    settings: ProvisioningSettingsInput,
  ): Promise<ProjectType> {
    return this.work.change(ctx, (scope) => this.service.updateSettings(scope, id, settings));
  }

  @Resource('/admin/projects')
  @Mutation(() => ProjectType, {
    description:
      'Changes what the certificates of one kind are. Orders that are under way keep what they began with.',
  })
  updateCertificateProfile(
    @Ctx() ctx: RequestContext,
    @Arg('projectId', () => ID, { description: 'Id of the project.' }) projectId: string,
    @Arg('input', () => CertificateProfileInput, { description: 'The kind, and what changes.' })
    input: CertificateProfileInput,
  ): Promise<ProjectType> {
    return this.work.change(ctx, (scope) =>
      this.service.updateCertificateProfile(scope, projectId, input),
    );
  }

  @FieldResolver(() => [CertificateProfileType], {
    description: 'What its certificates are, one entry for each kind.',
  })
  certificateProfiles(@Root() { certificateProfiles }: Project): CertificateProfileType[] {
    return CERTIFICATE_KINDS.map((kind) => {
      const profile = profileOf(certificateProfiles, kind);
      const extendedKeyUsages = profile.extendedKeyUsages.map(purposeNameOf);
      return { ...profile, kind, extendedKeyUsages };
    });
  }
}
