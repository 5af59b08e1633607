import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext, UserActor } from '../../kernel/actor.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { SignInOptionType } from '../access/access-decision.types.js';
import { Resource } from '../access/resource.types.js';
import type { UserService } from '../users/user.service.js';
import type { AuthenticationService, SignedIn } from './authentication.service.js';
import { SignInType, ViewerType } from './authentication.types.js';
import type { SignInOptionsService } from './sign-in-options.service.js';

@Resolver()
export class AuthenticationResolver {
  constructor(
    private readonly work: UnitOfWork,
    private readonly authentication: AuthenticationService,
    private readonly options: SignInOptionsService,
    private readonly users: UserService,
  ) {}

  @Resource('/sign-in')
  @Query(() => ViewerType, {
    nullable: true,
    description: 'Who is calling; null for who is not signed in.',
  })
  async viewer(@Ctx() ctx: RequestContext): Promise<ViewerType | null> {
    return ctx.actor.kind === 'user' ? this.viewerOf(ctx, ctx.actor) : null;
  }

  @Resource('/sign-in')
  @Query(() => [SignInOptionType], {
    description:
      'How the caller can prove who he is: to sign in, or, once signed in, to add a further proof.',
  })
  signInOptions(
    @Ctx() ctx: RequestContext,
    @Arg('returnTo', () => String, {
      nullable: true,
      description: 'Path of this server to which a redirecting method comes back.',
    })
    returnTo: string | null,
  ): Promise<SignInOptionType[]> {
    return this.options.of(this.work.read(ctx), returnTo);
  }

  @Resource('/sign-in')
  @Mutation(() => SignInType, {
    description:
      'Opens a session with PASSWORD as evidence; a browser gets it as a cookie as well. An unknown user and a wrong password both give INVALID_CREDENTIALS.',
  })
  async signInWithPassword(
    @Ctx() ctx: RequestContext,
    @Arg('username', () => String, { description: 'Upper and lower case are alike.' })
    username: string,
    @Arg('password', () => String, { description: 'At most 256 characters.' }) password: string,
  ): Promise<SignInType> {
    return this.signedIn(
      ctx,
      await this.authentication.signInWithPassword(ctx, username, password),
    );
  }

  @Resource('/sign-in')
  @Mutation(() => Boolean, { description: 'Mails a one-time code to the signed-in user.' })
  async sendEmailCode(@Ctx() ctx: RequestContext): Promise<boolean> {
    await this.authentication.sendEmailCode(ctx);
    return true;
  }

  @Resource('/sign-in')
  @Mutation(() => SignInType, {
    description:
      "Adds EMAIL_CODE to the session's evidence. The new token replaces the old one; open sockets stay.",
  })
  async verifyEmailCode(
    @Ctx() ctx: RequestContext,
    @Arg('code', () => String, { description: 'The six digits of the mail.' }) code: string,
  ): Promise<SignInType> {
    return this.signedIn(ctx, await this.authentication.verifyEmailCode(ctx, code));
  }

  @Resource('/sign-in')
  @Mutation(() => Boolean, { description: 'Ends the session and closes its sockets.' })
  async signOut(@Ctx() ctx: RequestContext): Promise<boolean> {
    await this.authentication.signOut(ctx);
    ctx.setSessionCookie(null);
    return true;
  }

  private async signedIn(ctx: RequestContext, { token, actor }: SignedIn): Promise<SignInType> {
    ctx.setSessionCookie(token);
    return { token, viewer: await this.viewerOf(ctx, actor) };
  }

  private async viewerOf(ctx: RequestContext, actor: UserActor): Promise<ViewerType> {
    return {
      user: await this.users.get(this.work.read(ctx), actor.userId),
      evidence: actor.evidence,
      sessionExpiresAt: actor.sessionExpiresAt,
    };
  }
}
