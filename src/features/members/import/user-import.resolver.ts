import { Args, Ctx, Mutation, Resolver } from 'type-graphql';
import { actorIdOf, type RequestContext } from '../../../kernel/actor.js';
import { invalidInput } from '../../../kernel/errors.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import { Resource } from '../../access/resource.types.js';
import type { UserImportService } from './user-import.service.js';
import { ImportUsersArgs, UserImportType } from './user-import.types.js';

interface Services {
  readonly userImports: UserImportService;
  readonly limits: RateLimits;
}

const MAX_BYTES = 1024 * 1024;

@Resolver()
export class UserImportResolver {
  constructor(private readonly services: Services) {}

  @Resource('/admin/projects')
  @Mutation(() => UserImportType, {
    description:
      'Replaces the members of a MANAGED project by those of a file: who is new is added and invited, who has changed is updated, who is missing is removed; all of it, or nothing. A row is known by its sync ID, else by its e-mail address. CONFLICT where more would be removed than allowed (`reason` TOO_MANY_REMOVED), another import of the project is at work (IMPORT_RUNNING), or somebody has changed the same users meanwhile (CHANGED_MEANWHILE). To invite needs /operator/mobile-id/supply as well.',
  })
  async importUsers(
    @Ctx() ctx: RequestContext,
    @Args(() => ImportUsersArgs) args: ImportUsersArgs,
  ): Promise<UserImportType> {
    const bytes = Buffer.from(args.csv);
    if (bytes.length > MAX_BYTES) {
      throw invalidInput('csv', 'It has more than 1 MB: send it to POST /imports/users.');
    }
    await this.services.limits.take('import/start', actorIdOf(ctx.actor) ?? 'nobody');
    return this.services.userImports.run(
      ctx,
      {
        projectId: args.projectId,
        dryRun: args.dryRun ?? true,
        maxRemovedPercent: args.maxRemovedPercent,
        changeShared: args.changeShared ?? false,
        invite: args.invite ?? true,
      },
      { source: { bytes: once(bytes), encoding: 'utf-8' } },
    );
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a stream of one piece
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
