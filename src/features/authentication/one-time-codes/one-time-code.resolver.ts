import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { Resource } from '../../access/resource.types.js';
import { SignInType } from '../authentication.types.js';
import type { SignInAnswers } from '../sign-in-answers.service.js';
import type { OneTimeCodeProofService } from './one-time-code-proof.service.js';

@Resolver()
export class OneTimeCodeResolver {
  constructor(
    private readonly answers: SignInAnswers,
    private readonly codes: OneTimeCodeProofService,
  ) {}

  @Resource('/sign-in')
  @Mutation(() => Boolean, { description: 'Mails a one-time code to the signed-in user.' })
  async sendEmailCode(@Ctx() ctx: RequestContext): Promise<boolean> {
    await this.codes.send(ctx, 'EMAIL_CODE');
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
    return this.answers.answer(ctx, await this.codes.verify(ctx, 'EMAIL_CODE', code));
  }

  @Resource('/sign-in')
  @Mutation(() => Boolean, {
    description:
      'Sends the signed-in user a one-time code by text message. CHANNEL_NOT_AVAILABLE where he has no number, or the server sends none.',
  })
  async sendSmsCode(@Ctx() ctx: RequestContext): Promise<boolean> {
    await this.codes.send(ctx, 'SMS_CODE');
    return true;
  }

  @Resource('/sign-in')
  @Mutation(() => SignInType, {
    description:
      "Adds SMS_CODE to the session's evidence. The new token replaces the old one; open sockets stay.",
  })
  async verifySmsCode(
    @Ctx() ctx: RequestContext,
    @Arg('code', () => String, { description: 'The six digits of the text message.' }) code: string,
  ): Promise<SignInType> {
    return this.answers.answer(ctx, await this.codes.verify(ctx, 'SMS_CODE', code));
  }
}
