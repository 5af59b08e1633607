import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { SignInOptionType } from '../access/access-decision.types.js';
import { Resource } from '../access/resource.types.js';
import type { SessionControl } from '../sessions/session-control.service.js';
import { ViewerType } from './authentication.types.js';
import type { SignInAnswers } from './sign-in-answers.service.js';
import type { SignInOptionsService } from './sign-in-options.service.js';

@Resolver()
export class AuthenticationResolver {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly answers: SignInAnswers;
      readonly options: SignInOptionsService;
      readonly sessionControl: SessionControl;
    },
  ) {}

  @Resource('/sign-in')
  @Query(() => ViewerType, {
    nullable: true,
    description: 'Who is calling; null for who is not signed in.',
  })
  async viewer(@Ctx() ctx: RequestContext): Promise<ViewerType | null> {
    const { actor } = ctx;
    const isKnown = actor.kind === 'user' || actor.kind === 'client';
    return isKnown ? this.ports.answers.viewer(ctx, actor) : null;
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
    return this.ports.options.of(this.ports.work.read(ctx), returnTo);
  }

  @Resource('/sign-in')
  @Mutation(() => Boolean, { description: 'Ends the session and closes its sockets.' })
  async signOut(@Ctx() ctx: RequestContext): Promise<boolean> {
    const { work, sessionControl } = this.ports;
    const { actor } = ctx;
    if (actor.kind === 'user')
      await work.change(ctx, (scope) => sessionControl.signOut(scope, actor));
    ctx.setSessionCookie(null);
    return true;
  }
}
