import { Arg, Ctx, ID, Mutation, Resolver, Root, Subscription } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { Resource } from '../../access/resource.types.js';
import { resolverOf, type Subscribed } from '../../events/subscription.types.js';
import { SignInType } from '../authentication.types.js';
import type { SignInAnswers } from '../sign-in-answers.service.js';
import type { MobileIdProofStep, MobileIdSignInService } from './mobile-id-sign-in.service.js';
import { MobileIdProofEventType, MobileIdProofType } from './mobile-id.types.js';

/** What the page calls that asks for a proof by mobile ID. */
@Resolver()
export class MobileIdResolver {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly answers: SignInAnswers;
      readonly mobileIdSignIn: MobileIdSignInService;
    },
  ) {}

  @Resource('/sign-in')
  @Mutation(() => MobileIdProofType, {
    description:
      "Asks the signed-in user's phone whether it is him: the page shows QR code and number, the person types the number into the phone, the phone signs. An earlier question of this session is over with it.",
  })
  async startMobileIdProof(@Ctx() ctx: RequestContext): Promise<MobileIdProofType> {
    const { link, ...proof } = await this.ports.mobileIdSignIn.start(ctx);
    return { ...proof, qr: { uri: link } };
  }

  @Resource('/sign-in')
  @Mutation(() => SignInType, {
    description:
      "Adds MOBILE_ID to the session's evidence, once the phone has answered. The new token replaces the old one; open sockets stay.",
  })
  async finishMobileIdProof(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of a proof that this session began.' }) id: string,
  ): Promise<SignInType> {
    const { answers, mobileIdSignIn } = this.ports;
    return answers.answer(ctx, await mobileIdSignIn.finish(ctx, id));
  }

  @Resource('/sign-in')
  @Subscription(() => MobileIdProofEventType, {
    subscribe: (subscribed) => resolverOf(subscribed.info, MobileIdResolver).follow(subscribed),
    description:
      'Where a proof stands, then each step as it happens; only for the session that began it. Completes after REJECTED, EXPIRED or USED.',
  })
  mobileIdProof(
    @Root() step: MobileIdProofStep,
    @Arg('id', () => ID, { description: 'Id of the proof.' }) _id: string,
  ): MobileIdProofEventType {
    const { id, state, deviceName } = step;
    return { id, state, deviceName };
  }

  private follow({ args, context }: Subscribed): Promise<AsyncIterable<MobileIdProofStep>> {
    const { id } = args as { id: string };
    const scope = this.ports.work.read(context as RequestContext);
    return this.ports.mobileIdSignIn.follow(scope, id);
  }
}
