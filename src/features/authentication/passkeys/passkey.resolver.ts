import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { Resource } from '../../access/resource.types.js';
import { SignInType } from '../authentication.types.js';
import type { SignInAnswers } from '../sign-in-answers.service.js';
import type { PasskeyRegistrationService } from './passkey-registration.service.js';
import type { PasskeySignInService } from './passkey-sign-in.service.js';
import { PasskeyCeremonyType, PasskeyType } from './passkey.types.js';

const CEREMONY_ID = { description: 'Of the ceremony that was started.' };

@Resolver()
export class PasskeyResolver {
  constructor(
    private readonly ports: {
      readonly answers: SignInAnswers;
      readonly passkeyRegistration: PasskeyRegistrationService;
      readonly passkeySignIn: PasskeySignInService;
    },
  ) {}

  @Resource('/account')
  @Query(() => [PasskeyType], { description: "The caller's passkeys, oldest first." })
  myPasskeys(@Ctx() ctx: RequestContext): Promise<PasskeyType[]> {
    return this.ports.passkeyRegistration.list(ctx);
  }

  @Resource('/account/methods')
  @Mutation(() => PasskeyCeremonyType, {
    description:
      'Begins the registration of a passkey: discoverable, with user verification, without attestation. At most twenty for each user: more give CONFLICT. INVALID_TRANSITION where the server is known by an address only.',
  })
  startPasskeyRegistration(@Ctx() ctx: RequestContext): Promise<PasskeyCeremonyType> {
    return this.ports.passkeyRegistration.start(ctx);
  }

  @Resource('/account/methods')
  @Mutation(() => PasskeyType, {
    description:
      'Registers the passkey that the authenticator has made. This is no proof of identity. A response that is not right gives INVALID_CREDENTIALS, and a new ceremony is needed.',
  })
  finishPasskeyRegistration(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, CEREMONY_ID) id: string,
    @Arg('name', () => String, {
      description: 'What the caller calls the passkey; at most 64 characters.',
    })
    name: string,
    @Arg('response', () => String, {
      description: 'JSON of RegistrationResponseJSON (WebAuthn), at most 16 kB.',
    })
    response: string,
  ): Promise<PasskeyType> {
    return this.ports.passkeyRegistration.finish(ctx, id, { name, response });
  }

  @Resource('/account/methods')
  @Mutation(() => Boolean, {
    description:
      'Removes a passkey and takes back what was proven with it. That proof does not count here: what is missing then has the reason SAME_CREDENTIAL.',
  })
  async removePasskey(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Of the passkey.' }) id: string,
  ): Promise<boolean> {
    await this.ports.passkeyRegistration.remove(ctx, id);
    return true;
  }

  @Resource('/sign-in')
  @Mutation(() => PasskeyCeremonyType, {
    description:
      "Begins a proof by passkey. Without a session the authenticator shows which passkeys it has; with one, only the user's own count, and NOT_FOUND says that there is none.",
  })
  startPasskeySignIn(@Ctx() ctx: RequestContext): Promise<PasskeyCeremonyType> {
    return this.ports.passkeySignIn.start(ctx);
  }

  @Resource('/sign-in')
  @Mutation(() => SignInType, {
    description:
      "Opens a session with PASSKEY as evidence, or adds PASSKEY to the session's evidence. To be called with the session, or without one, with which the ceremony began. Whatever is wrong gives INVALID_CREDENTIALS, and a new ceremony is needed.",
  })
  async finishPasskeySignIn(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, CEREMONY_ID) id: string,
    @Arg('response', () => String, {
      description: 'JSON of AuthenticationResponseJSON (WebAuthn), at most 16 kB.',
    })
    response: string,
  ): Promise<SignInType> {
    const { answers, passkeySignIn } = this.ports;
    return answers.answer(ctx, await passkeySignIn.finish(ctx, id, response));
  }
}
