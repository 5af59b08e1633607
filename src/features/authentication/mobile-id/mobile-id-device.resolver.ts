import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { Resource } from '../../access/resource.types.js';
import type { MobileIdAnswerService } from './mobile-id-answer.service.js';
import { AnswerMobileIdChallengeInput, MobileIdChallengeType } from './mobile-id.types.js';

const CODE = 'What stands behind `p.` in the QR code.';

/** What the phone calls that is asked for a proof. */
@Resolver()
export class MobileIdDeviceResolver {
  constructor(private readonly mobileIdAnswers: MobileIdAnswerService) {}

  @Resource('/device')
  @Query(() => MobileIdChallengeType, {
    description: 'The question behind a QR code. Reading it uses nothing up.',
  })
  mobileIdChallenge(
    @Ctx() ctx: RequestContext,
    @Arg('code', () => String, { description: CODE }) code: string,
  ): Promise<MobileIdChallengeType> {
    return this.mobileIdAnswers.read(ctx, code);
  }

  @Resource('/device')
  @Mutation(() => Boolean, {
    description:
      'Answers with the number that the person typed. A wrong number ends the proof: CONFIRMATION_WRONG. The same phone may repeat its answer.',
  })
  async answerMobileIdChallenge(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => AnswerMobileIdChallengeInput, { description: 'Code and signed answer.' })
    { code, answer }: AnswerMobileIdChallengeInput,
  ): Promise<boolean> {
    await this.mobileIdAnswers.answer(ctx, code, answer);
    return true;
  }

  @Resource('/device')
  @Mutation(() => Boolean, { description: 'It was not the owner of the phone: ends the proof.' })
  async rejectMobileIdChallenge(
    @Ctx() ctx: RequestContext,
    @Arg('code', () => String, { description: CODE }) code: string,
  ): Promise<boolean> {
    await this.mobileIdAnswers.reject(ctx, code);
    return true;
  }
}
