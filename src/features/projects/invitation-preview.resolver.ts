import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import { placeholders, type InvitationPreviewService } from './invitation-preview.service.js';
import { InvitationPreviewType, MessagePlaceholderType } from './invitation-preview.types.js';
import { ProvisioningSettingsInput } from './settings/settings.types.js';

interface Services {
  readonly work: UnitOfWork;
  readonly invitationPreviews: InvitationPreviewService;
}

@Resolver()
export class InvitationPreviewResolver {
  constructor(private readonly services: Services) {}

  @Resource('/admin/projects')
  @Query(() => [MessagePlaceholderType], {
    description: 'What the texts of a project may contain in braces, and which of them.',
  })
  messagePlaceholders(): MessagePlaceholderType[] {
    return placeholders();
  }

  @Resource('/admin/projects')
  @Query(() => InvitationPreviewType, {
    description:
      'The invitation of a project with its settings, or with others that are not stored: they are checked as if they were.',
  })
  invitationPreview(
    @Ctx() ctx: RequestContext,
    @Arg('projectId', () => ID, { description: 'Id of the project.' }) projectId: string,
    @Arg('settings', () => ProvisioningSettingsInput, {
      nullable: true,
      description: 'What would change.',
    })
    settings: ProvisioningSettingsInput | null | undefined,
  ): Promise<InvitationPreviewType> {
    const { work, invitationPreviews } = this.services;
    return invitationPreviews.preview(work.read(ctx), projectId, settings ?? {});
  }
}
