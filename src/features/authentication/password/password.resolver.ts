import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { Resource } from '../../access/resource.types.js';
import { SignInType } from '../authentication.types.js';
import type { SignInAnswers } from '../sign-in-answers.service.js';
import type { PasswordSettingService } from './password-setting.service.js';
import type { PasswordSignInService } from './password-sign-in.service.js';

const NEW_PASSWORD = {
  description: '12 to 256 characters, neither the user name nor one of the commonest passwords.',
};

@Resolver()
export class PasswordResolver {
  constructor(
    private readonly answers: SignInAnswers,
    private readonly passwordSignIn: PasswordSignInService,
    private readonly passwords: PasswordSettingService,
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

  @Resource('/sign-in')
  @Mutation(() => Boolean, {
    description:
      'Mails a link to set a new password, good for one hour and for one use. An invitation that still works, or a link of the last ten minutes, is mailed again instead. The answer is the same for unknown users, and for those who cannot have one.',
  })
  async requestPasswordReset(
    @Ctx() ctx: RequestContext,
    @Arg('username', () => String, { description: 'Upper and lower case are alike.' })
    username: string,
  ): Promise<boolean> {
    await this.passwords.requestReset(ctx, username);
    return true;
  }

  @Resource('/sign-in')
  @Mutation(() => Boolean, {
    description:
      'Sets a password by a mailed link, and ends all sessions of the user, who signs in with it then. CODE_UNKNOWN for what is no such link, CODE_EXPIRED for one that was used, has run out, or was replaced.',
  })
  async setPassword(
    @Ctx() ctx: RequestContext,
    @Arg('token', () => String, { description: "What stands behind '#' in the mailed link." })
    token: string,
    @Arg('password', () => String, NEW_PASSWORD) password: string,
  ): Promise<boolean> {
    await this.passwords.setByLink(ctx, token, password);
    return true;
  }

  @Resource('/sign-in')
  @Mutation(() => SignInType, {
    description:
      'Ends all other sessions; this one goes on under a new token, with PASSWORD proven anew.',
  })
  async changePassword(
    @Ctx() ctx: RequestContext,
    @Arg('current', () => String, { description: 'The present password.' }) current: string,
    @Arg('password', () => String, NEW_PASSWORD) password: string,
  ): Promise<SignInType> {
    return this.answers.answer(ctx, await this.passwords.change(ctx, current, password));
  }

  @Resource('/operator/users')
  @Mutation(() => Boolean, {
    description:
      'Mails the invitation to set a first password again; the one before works no more. The link goes to the address of the user and nowhere else. CONFLICT where he has a password.',
  })
  async invitePassword(
    @Ctx() ctx: RequestContext,
    @Arg('userId', () => ID, { description: 'Id of the user.' }) userId: string,
  ): Promise<boolean> {
    await this.passwords.invite(ctx, userId);
    return true;
  }
}
