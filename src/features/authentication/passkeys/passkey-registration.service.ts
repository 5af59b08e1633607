import type { RequestContext } from '../../../kernel/actor.js';
import { requireUser } from '../../../kernel/callers.js';
import { DomainError } from '../../../kernel/errors.js';
import { parseId } from '../../../kernel/ids.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { AccessService } from '../../access/access.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { UserService } from '../../users/user.service.js';
import { ACCOUNT_METHODS, readMethodName } from '../account-methods.js';
import { credentialRemoved } from '../authentication.events.js';
import type { OpenedCeremony, PasskeyChallengeService } from './passkey-challenge.service.js';
import { readRegistration } from './passkey-response.js';
import { registrationOptions, verifyRegistration } from './passkey-verification.js';
import type { PasskeyId } from './passkey.entity.js';
import type { Passkey, PasskeyService } from './passkey.service.js';
import { requireParty, type RelyingParty } from './relying-party.js';

/** What the browser is asked, as JSON. */
export type PasskeyCeremony = Pick<OpenedCeremony, 'id' | 'expiresAt'> & {
  readonly options: string;
};

/** Passkeys come and go. Neither is a proof of identity. */
export class PasskeyRegistrationService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly party: RelyingParty | undefined;
      readonly challenges: PasskeyChallengeService;
      readonly passkeys: PasskeyService;
      readonly users: UserService;
      readonly access: AccessService;
      readonly limits: RateLimits;
      readonly audit: AuditService;
    },
  ) {}

  list(request: RequestContext): Promise<Passkey[]> {
    return this.ports.passkeys.list(this.ports.work.read(request), requireUser(request).userId);
  }

  /** @throws DomainError UNAUTHENTICATED, RATE_LIMITED, INVALID_TRANSITION without a domain, CONFLICT at twenty passkeys */
  async start(request: RequestContext): Promise<PasskeyCeremony> {
    const { work, challenges, passkeys, users, limits } = this.ports;
    const { userId } = requireUser(request);
    const party = requireParty(this.ports.party);
    await limits.take('methods/start', userId);
    return work.change(request, async (scope) => {
      await passkeys.requireRoom(scope, userId);
      const { username: name, displayName } = await users.get(scope, userId);
      const { id, expiresAt, challenge } = await challenges.open(scope, 'REGISTRATION');
      const options = await registrationOptions(
        { party, challenge },
        { handle: passkeys.userHandle(userId), name, displayName },
        await passkeys.credentialsOf(scope, userId),
      );
      return { id, options, expiresAt };
    });
  }

  /**
   * @throws DomainError UNAUTHENTICATED, INVALID_INPUT, INVALID_CREDENTIALS where the response is not right, CONFLICT where the
   * passkey is registered already
   */
  async finish(
    request: RequestContext,
    id: string,
    given: { readonly name: string; readonly response: string },
  ): Promise<Passkey> {
    const { work, challenges, passkeys, audit } = this.ports;
    const { userId } = requireUser(request);
    const party = requireParty(this.ports.party);
    const name = readMethodName(given.name);
    const response = readRegistration(given.response);
    const challenge = await work.change(request, (scope) =>
      challenges.take(scope, id, 'REGISTRATION'),
    );
    const credential = challenge && (await verifyRegistration({ party, challenge }, response));
    if (credential === undefined) throw new DomainError('INVALID_CREDENTIALS');
    return work.change(request, async (scope) => {
      const passkey = await passkeys.add(scope, userId, { ...credential, name });
      await audit.record(scope, { action: 'passkey.add', target: `passkey:${passkey.id}` });
      return passkey;
    });
  }

  /**
   * Takes a passkey away, and back what was proven with it. That proof does not count for taking it away.
   * @throws DomainError UNAUTHENTICATED, NOT_FOUND, INSUFFICIENT_USER_AUTHENTICATION, or CONFLICT where no administrator could
   * get in any more
   */
  async remove(request: RequestContext, id: string): Promise<void> {
    const { work, passkeys, access, audit } = this.ports;
    const { userId } = requireUser(request);
    const credential = parseId<PasskeyId>(id);
    if (credential === undefined) throw new DomainError('NOT_FOUND');
    await access.require(work.read(request), ACCOUNT_METHODS, {
      excludedCredentials: [credential],
    });
    await work.change(request, async (scope) => {
      await passkeys.remove(scope, userId, credential);
      await audit.record(scope, { action: 'passkey.remove', target: `passkey:${credential}` });
      await scope.raise(credentialRemoved, { userId, method: 'PASSKEY', credential });
    });
  }
}
