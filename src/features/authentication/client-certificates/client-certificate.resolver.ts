import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { Resource } from '../../access/resource.types.js';
import { SignInType } from '../authentication.types.js';
import type { SignInAnswers } from '../sign-in-answers.service.js';
import type { ClientCertificateRegistrationService } from './client-certificate-registration.service.js';
import type { ClientCertificateSignInService } from './client-certificate-sign-in.service.js';
import { ClientCertificateType } from './client-certificate.types.js';

@Resolver()
export class ClientCertificateResolver {
  constructor(
    private readonly ports: {
      readonly answers: SignInAnswers;
      readonly clientCertificateSignIn: ClientCertificateSignInService;
      readonly clientCertificateRegistration: ClientCertificateRegistrationService;
    },
  ) {}

  @Resource('/sign-in')
  @Mutation(() => SignInType, {
    description:
      "Opens a session by the TLS client certificate of this connection, or adds CLIENT_CERTIFICATE to the evidence of the same user's session; a browser gets it as a cookie as well. INVALID_CREDENTIALS without a certificate, with one of a stranger, and in somebody else's session.",
  })
  async signInWithClientCertificate(@Ctx() ctx: RequestContext): Promise<SignInType> {
    const { answers, clientCertificateSignIn } = this.ports;
    return answers.answer(ctx, await clientCertificateSignIn.signIn(ctx));
  }

  @Resource('/account')
  @Query(() => Boolean, {
    description:
      'Whether this server accepts TLS client certificates. Where it does not, none can be registered, and none signs anybody in.',
  })
  acceptsClientCertificates(@Ctx() ctx: RequestContext): boolean {
    return this.ports.clientCertificateRegistration.isPossible(ctx);
  }

  @Resource('/account')
  @Query(() => [ClientCertificateType], {
    description: "The caller's own registered client certificates, oldest first.",
  })
  myClientCertificates(@Ctx() ctx: RequestContext): Promise<ClientCertificateType[]> {
    return this.ports.clientCertificateRegistration.list(ctx);
  }

  @Resource('/account/methods')
  @Mutation(() => ClientCertificateType, {
    description:
      "Registers the TLS client certificate that this connection shows, for signing in; once more gives the same. CONFLICT where it is another user's, or a mobile ID's own.",
  })
  registerMyClientCertificate(@Ctx() ctx: RequestContext): Promise<ClientCertificateType> {
    return this.ports.clientCertificateRegistration.register(ctx);
  }

  @Resource('/account/methods')
  @Mutation(() => Boolean, {
    description:
      'Takes a registered client certificate away, and back what was proven with it. A proof by this very certificate does not count for this call.',
  })
  async removeMyClientCertificate(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the registration.' }) id: string,
  ): Promise<boolean> {
    await this.ports.clientCertificateRegistration.remove(ctx, id);
    return true;
  }
}
