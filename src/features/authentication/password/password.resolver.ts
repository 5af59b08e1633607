import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { Resource } from '../../access/resource.types.js';
import { SignInType } from '../authentication.types.js';
import type { SignInAnswers } from '../sign-in-answers.service.js';
import type { PasswordSignInService } from './password-sign-in.service.js';

@Resolver()
export class PasswordResolver {
  constructor(
    private readonly answers: SignInAnswers,
    private readonly passwordSignIn: PasswordSignInService,
  ) {}

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
    return this.answers.answer(ctx, await this.passwordSignIn.signIn(ctx, username, password));
  }
}
