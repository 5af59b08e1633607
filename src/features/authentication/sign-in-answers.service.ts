import type { RequestContext, UserActor } from '../../kernel/actor.js';
import type { UnitOfWork } from '../../platform/scope.js';
import type { User, UserService } from '../users/user.service.js';
import type { SignedIn } from './proof.service.js';

/** Who is calling, as the API shows it. */
export interface ViewerFacts {
  readonly user: User;
  readonly evidence: UserActor['evidence'];
  readonly sessionExpiresAt: Date;
}

/** Every method's last step: the browser gets its cookie, the caller his token. */
export class SignInAnswers {
  constructor(
    private readonly work: UnitOfWork,
    private readonly users: UserService,
  ) {}

  async answer(
    ctx: RequestContext,
    { token, actor }: SignedIn,
  ): Promise<{ readonly token: string; readonly viewer: ViewerFacts }> {
    ctx.setSessionCookie(token);
    return { token, viewer: await this.viewer(ctx, actor) };
  }

  async viewer(ctx: RequestContext, actor: UserActor): Promise<ViewerFacts> {
    return {
      user: await this.users.get(this.work.read(ctx), actor.userId),
      evidence: actor.evidence,
      sessionExpiresAt: actor.sessionExpiresAt,
    };
  }
}
