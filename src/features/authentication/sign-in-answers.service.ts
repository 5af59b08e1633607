import type { ClientActor, Evidence, RequestContext, UserActor } from '../../kernel/actor.js';
import type { UnitOfWork } from '../../platform/scope.js';
import type { ApiClient, ApiClientService } from '../api-clients/api-client.service.js';
import type { User, UserService } from '../users/user.service.js';
import type { SignedIn } from './proof.service.js';

/** Who is calling, as the API shows it. */
export interface ViewerFacts {
  readonly user: User | null;
  readonly client: ApiClient | null;
  readonly evidence: readonly Pick<Evidence, 'method' | 'provider' | 'at'>[];
  readonly sessionExpiresAt: Date;
}

/** Every method's last step: the browser gets its cookie, the caller his token. */
export class SignInAnswers {
  constructor(
    private readonly work: UnitOfWork,
    private readonly users: UserService,
    private readonly clients: ApiClientService,
  ) {}

  async answer(
    ctx: RequestContext,
    { token, actor }: SignedIn,
  ): Promise<{ readonly token: string; readonly viewer: ViewerFacts }> {
    ctx.setSessionCookie(token);
    return { token, viewer: await this.viewer(ctx, actor) };
  }

  async viewer(ctx: RequestContext, actor: UserActor | ClientActor): Promise<ViewerFacts> {
    if (actor.kind === 'client') return this.client(ctx, actor);
    return {
      user: await this.users.get(this.work.read(ctx), actor.userId),
      client: null,
      evidence: actor.evidence,
      sessionExpiresAt: actor.sessionExpiresAt,
    };
  }

  /** A token is all that an application shows: its one proof, and the end of what it may. */
  private async client(ctx: RequestContext, actor: ClientActor): Promise<ViewerFacts> {
    return {
      user: null,
      client: await this.clients.get(this.work.read(ctx), actor.apiClientId),
      evidence: [{ method: 'CLIENT_CREDENTIALS', provider: null, at: actor.tokenIssuedAt }],
      sessionExpiresAt: actor.tokenExpiresAt,
    };
  }
}
