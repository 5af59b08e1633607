import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { Resource } from '../../access/resource.types.js';
import { SignInType } from '../authentication.types.js';
import type { SignInAnswers } from '../sign-in-answers.service.js';
import type { EmailCodeProofService } from './email-code-proof.service.js';

@Resolver()
export class OneTimeCodeResolver {
  constructor(
    private readonly answers: SignInAnswers,
    private readonly emailCode: EmailCodeProofService,
  ) {}

  @Resource('/sign-in')
  @Mutation(() => Boolean, { description: 'Mails a one-time code to the signed-in user.' })
  async sendEmailCode(@Ctx() ctx: RequestContext): Promise<boolean> {
    await this.emailCode.send(ctx);
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
    return this.answers.answer(ctx, await this.emailCode.verify(ctx, code));
  }
}
