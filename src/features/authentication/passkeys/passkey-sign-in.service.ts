import type { RequestContext, UserActor } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { equalSecrets } from '../../../kernel/secrets.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { ChangeScope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { UserService } from '../../users/user.service.js';
import type { AttemptService } from '../attempt.service.js';
import type { ProofService, SignedIn } from '../proof.service.js';
import type { PasskeyChallengeService } from './passkey-challenge.service.js';
import type { PasskeyCeremony } from './passkey-registration.service.js';
import { readAssertion, type PasskeyAssertion } from './passkey-response.js';
import {
  assertionOptions,
  verifyAssertion,
  type AssertionFacts,
  type KnownCredential,
} from './passkey-verification.js';
import type { PasskeyService, VerifiablePasskey } from './passkey.service.js';
import { requireParty, type RelyingParty } from './relying-party.js';

/** A passkey whose assertion is right; whether its counter has moved on, its use decides. */
interface Asserted {
  readonly passkey: VerifiablePasskey;
  readonly facts: AssertionFacts;
}

/**
 * The method PASSKEY: opens a session by whichever passkey its owner picks, or strengthens one by a passkey of its user. A
 * challenge is used up and compared before the transaction that joins the session, so that a refusal undoes none of that.
 */
export class PasskeySignInService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly party: RelyingParty | undefined;
      readonly challenges: PasskeyChallengeService;
      readonly passkeys: PasskeyService;
      readonly users: UserService;
      readonly limits: RateLimits;
      readonly attempts: AttemptService;
      readonly proofs: ProofService;
      readonly audit: AuditService;
    },
  ) {}

  /** @throws DomainError RATE_LIMITED, INVALID_TRANSITION without a domain, NOT_FOUND where the session's user has no passkey */
  async start(request: RequestContext): Promise<PasskeyCeremony> {
    const { work, passkeys, limits } = this.ports;
    const party = requireParty(this.ports.party);
    const session = sessionIn(request);
    if (session === undefined) await limits.take('proof/address', addressKey(request.address));
    else await limits.take('methods/start', session.userId);
    const allowed = session && (await passkeys.credentialsOf(work.read(request), session.userId));
    if (allowed?.length === 0) throw new DomainError('NOT_FOUND', { reason: 'NO_PASSKEY' });
    return work.change(request, (scope) => this.open(scope, party, allowed));
  }

  /**
   * @throws DomainError INVALID_INPUT, RATE_LIMITED, INVALID_CREDENTIALS where the response is not right or not of the
   * session's user, USER_NOT_ACTIVE to who has proven himself
   */
  async finish(request: RequestContext, id: string, text: string): Promise<SignedIn> {
    const response = readAssertion(text);
    const session = sessionIn(request);
    return session === undefined
      ? this.signIn(request, id, response)
      : this.strengthen(request, session, { id, response });
  }

  private async signIn(
    request: RequestContext,
    id: string,
    response: PasskeyAssertion,
  ): Promise<SignedIn> {
    const { work, users, limits, proofs } = this.ports;
    const address = addressKey(request.address);
    await limits.take('proof/address', address);
    const asserted = await this.verify(request, id, response);
    // WebAuthn section 7.2, step 6: who is not known yet is named by the user handle.
    if (asserted === undefined || !this.isOwned(asserted.passkey, response, true)) {
      throw new DomainError('INVALID_CREDENTIALS');
    }
    const { id: passkeyId, userId } = asserted.passkey;
    const user = await users.find(work.read(request), userId);
    if (user?.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    const signedIn = await this.use(request, asserted, (scope) =>
      proofs.signIn(scope, userId, proofBy(passkeyId)),
    );
    for (let taken = 0; taken < 2; taken += 1) await limits.giveBack('proof/address', address); // start and finish
    return signedIn;
  }

  private async strengthen(
    request: RequestContext,
    session: UserActor,
    { id, response }: { readonly id: string; readonly response: PasskeyAssertion },
  ): Promise<SignedIn> {
    const { attempts, proofs } = this.ports;
    const attempt = await attempts.count('PASSKEY', session.userId);
    const asserted = await this.verify(request, id, response);
    const isOwn =
      asserted?.passkey.userId === session.userId && this.isOwned(asserted.passkey, response);
    if (asserted === undefined || !isOwn) throw new DomainError('INVALID_CREDENTIALS');
    const signedIn = await this.use(request, asserted, (scope) =>
      proofs.strengthen(scope, session, proofBy(asserted.passkey.id)),
    );
    await attempts.succeeded(attempt);
    return signedIn;
  }

  private async open(
    scope: ChangeScope,
    party: RelyingParty,
    allowed: readonly KnownCredential[] | undefined,
  ): Promise<PasskeyCeremony> {
    const { id, challenge, expiresAt } = await this.ports.challenges.open(scope, 'SIGN_IN');
    return { id, options: await assertionOptions({ party, challenge }, allowed), expiresAt };
  }

  private async verify(
    request: RequestContext,
    id: string,
    response: PasskeyAssertion,
  ): Promise<Asserted | undefined> {
    const { work, challenges, passkeys } = this.ports;
    const party = requireParty(this.ports.party);
    const challenge = await work.change(request, (scope) => challenges.take(scope, id, 'SIGN_IN'));
    const passkey = await passkeys.find(work.read(request), response.id);
    if (challenge === undefined || passkey === undefined) return undefined;
    const facts = await verifyAssertion({ party, challenge }, passkey, response);
    return facts && { passkey, facts };
  }

  /** WebAuthn section 7.2, step 6: a user handle that is given is the owner's. */
  private isOwned(
    { userId }: VerifiablePasskey,
    { response: { userHandle } }: PasskeyAssertion,
    mustBeNamed = false,
  ): boolean {
    if (typeof userHandle !== 'string') return !mustBeNamed;
    const handle = this.ports.passkeys.userHandle(userId);
    return equalSecrets(Buffer.from(userHandle, 'base64url'), handle);
  }

  /** The use of the passkey and what it opens commit together. @throws DomainError INVALID_CREDENTIALS where it cannot be used */
  private async use(
    request: RequestContext,
    { passkey, facts }: Asserted,
    join: (scope: ChangeScope) => Promise<SignedIn>,
  ): Promise<SignedIn> {
    const { work, passkeys, proofs, audit } = this.ports;
    const signedIn = await work.change(request, async (scope) => {
      await proofs.hold(scope, passkey.userId);
      if (await passkeys.use(scope, passkey.id, facts)) return join(scope);
      // Signed by the right key, but the counter stands still: there may be two of that authenticator. WebAuthn section 6.1.1.
      await audit.record(scope, {
        action: 'passkey.counter',
        target: `passkey:${passkey.id}`,
        detail: 'The signature counter has not moved on.',
        outcome: 'REFUSED',
      });
      return undefined;
    });
    if (signedIn === undefined) throw new DomainError('INVALID_CREDENTIALS');
    return signedIn;
  }
}

/** The caller's session, if he has one. @throws DomainError FORBIDDEN for an API client, which is no person */
function sessionIn({ actor }: RequestContext): UserActor | undefined {
  if (actor.kind === 'client') throw new DomainError('FORBIDDEN');
  return actor.kind === 'user' ? actor : undefined;
}

function proofBy(credential: string): {
  method: 'PASSKEY';
  provider: null;
  credential: string;
} {
  return { method: 'PASSKEY', provider: null, credential };
}
