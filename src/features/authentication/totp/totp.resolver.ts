import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { Resource } from '../../access/resource.types.js';
import { SignInType } from '../authentication.types.js';
import type { SignInAnswers } from '../sign-in-answers.service.js';
import type { TotpProofService } from './totp-proof.service.js';
import { TotpAuthenticatorType, TotpEnrolmentType } from './totp.types.js';

@Resolver()
export class TotpResolver {
  constructor(
    private readonly answers: SignInAnswers,
    private readonly totp: TotpProofService,
  ) {}

  @Resource('/account')
  @Query(() => [TotpAuthenticatorType], {
    description: "The caller's authenticator apps, oldest first.",
  })
  myTotpAuthenticators(@Ctx() ctx: RequestContext): Promise<TotpAuthenticatorType[]> {
    return this.totp.list(ctx);
  }

  @Resource('/account/methods')
  @Mutation(() => TotpEnrolmentType, {
    description:
      'Makes a secret for an authenticator app. It counts once confirmTotpEnrolment has had a code of the app, within ten minutes. At most five for each user: more give CONFLICT.',
  })
  async startTotpEnrolment(
    @Ctx() ctx: RequestContext,
    @Arg('name', () => String, {
      description: 'What the caller calls the app; at most 64 characters.',
    })
    name: string,
  ): Promise<TotpEnrolmentType> {
    const { authenticator, secret, uri } = await this.totp.start(ctx, name);
    return { authenticator, secret, qr: { uri } };
  }

  @Resource('/account/methods')
  @Mutation(() => TotpAuthenticatorType, {
    description:
      'Confirms an authenticator app by one of its codes. This is no proof of identity yet: verifyTotp with the next code is.',
  })
  confirmTotpEnrolment(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Of the authenticator.' }) id: string,
    @Arg('code', () => String, { description: 'The six digits that the app shows.' }) code: string,
  ): Promise<TotpAuthenticatorType> {
    return this.totp.confirm(ctx, id, code);
  }

  @Resource('/account/methods')
  @Mutation(() => Boolean, {
    description:
      'Removes an authenticator app and takes back what was proven with it. That proof does not count here: what is missing then has the reason SAME_CREDENTIAL.',
  })
  async removeTotpAuthenticator(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Of the authenticator.' }) id: string,
  ): Promise<boolean> {
    await this.totp.remove(ctx, id);
    return true;
  }

  @Resource('/sign-in')
  @Mutation(() => SignInType, {
    description:
      "Adds TOTP to the session's evidence. Each code counts once. The new token replaces the old one; open sockets stay.",
  })
  async verifyTotp(
    @Ctx() ctx: RequestContext,
    @Arg('code', () => String, { description: 'The six digits that the app shows.' }) code: string,
  ): Promise<SignInType> {
    return this.answers.answer(ctx, await this.totp.verify(ctx, code));
  }
}
