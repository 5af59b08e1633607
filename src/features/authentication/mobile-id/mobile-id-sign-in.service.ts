import type { RequestContext, UserActor } from '../../../kernel/actor.js';
import { requireUser } from '../../../kernel/callers.js';
import { DomainError } from '../../../kernel/errors.js';
import { parseId } from '../../../kernel/ids.js';
import type { EventBus } from '../../../platform/event-bus/event-bus.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import { LogStream } from '../../events/log-stream.service.js';
import type { AuthenticationKeyService } from '../../profiles/authentication-key.service.js';
import type { UserService } from '../../users/user.service.js';
import type { ProofService, SignedIn } from '../proof.service.js';
import type { MobileIdProofId } from './mobile-id-proof.entity.js';
import type { MobileIdProofService, StandingProof } from './mobile-id-proof.service.js';
import { isFinal, progressOf, type MobileIdProofState } from './mobile-id-proof-state.js';

/** A question to the phone, as the page shows it. */
export interface AskedProof {
  readonly id: string;
  readonly number: string;
  readonly link: string;
  readonly state: MobileIdProofState;
  readonly expiresAt: Date;
}

/** What became of it. */
export interface MobileIdProofStep {
  readonly id: string;
  readonly number: number;
  readonly state: MobileIdProofState;
  readonly deviceName: string | null;
}

interface Ports {
  readonly work: UnitOfWork;
  readonly users: UserService;
  readonly keys: AuthenticationKeyService;
  readonly mobileIdProofs: MobileIdProofService;
  readonly limits: RateLimits;
  readonly proofs: ProofService;
  readonly audit: AuditService;
  readonly bus: Pick<EventBus, 'listen'>;
  readonly publicUrl: string;
}

/** The method MOBILE_ID, as the page sees it: asks, follows, and takes the answer into its session. */
export class MobileIdSignInService {
  constructor(private readonly ports: Ports) {}

  /**
   * Asks the user's phone; an earlier question of this session is over with it.
   * @throws DomainError UNAUTHENTICATED, RATE_LIMITED, or CHANNEL_NOT_AVAILABLE where he has no mobile ID that could answer
   */
  async start(request: RequestContext): Promise<AskedProof> {
    const session = requireUser(request);
    const { work, users, keys, limits, mobileIdProofs, audit } = this.ports;
    await limits.take('mobile-id/start', session.userId);
    const begun = await work.change(request, async (scope) => {
      await users.getLocked(scope, session.userId); // two questions at once must not both stay open
      const own = await keys.ofUser(scope, session.userId);
      if (own.length === 0) throw new DomainError('CHANNEL_NOT_AVAILABLE');
      const proof = await mobileIdProofs.begin(scope, session);
      await audit.record(scope, { action: 'mobile-id-proof.start', target: targetOf(proof.id) });
      return proof;
    });
    return this.asked(begun);
  }

  /**
   * Where the proof stands, then each step; ends after the last one.
   * @throws DomainError NOT_FOUND for what another session began
   */
  async follow(scope: Scope, id: string): Promise<AsyncIterableIterator<MobileIdProofStep>> {
    const { id: known } = await this.own(scope, requireUser(scope), id);
    const { mobileIdProofs, bus } = this.ports;
    return new LogStream<MobileIdProofStep, number>(
      {
        after: async (number) => {
          const proof = await mobileIdProofs.byId(scope, known);
          return proof === undefined ? [] : [stepOf(proof)].filter((step) => step.number > number);
        },
        positionOf: ({ number }) => number,
        isLast: ({ state }) => isFinal(state),
        listen: (wake) => bus.listen(`mobile-id-proof:${known}`, wake),
      },
      { position: 0, first: [], isOver: false },
    );
  }

  /**
   * Takes what the phone has answered into the session that asked.
   * @throws DomainError UNAUTHENTICATED; NOT_FOUND for what another session began; INVALID_TRANSITION with `state` unless the
   * phone has answered; INVALID_CREDENTIALS where the mobile ID can no longer be used; USER_NOT_ACTIVE
   */
  async finish(request: RequestContext, id: string): Promise<SignedIn> {
    const session = requireUser(request);
    return this.ports.work.change(request, async (scope) => {
      await this.ports.proofs.hold(scope, session.userId);
      const proof = await this.own(scope, session, id);
      if (proof.state !== 'ANSWERED') {
        throw new DomainError('INVALID_TRANSITION', { state: proof.state });
      }
      return this.take(scope, session, proof);
    });
  }

  /** The key is held first: who revokes it at the same moment waits, and then finds this evidence. */
  private async take(
    scope: ChangeScope,
    session: UserActor,
    { id, profileId, fingerprint, answeredAt }: StandingProof,
  ): Promise<SignedIn> {
    const { keys, mobileIdProofs, proofs } = this.ports;
    if (profileId === null || fingerprint === null || answeredAt === null) {
      throw new Error('An answered proof names its answer.');
    }
    const key = await keys.hold(scope, profileId, fingerprint);
    if (key?.userId !== session.userId) throw new DomainError('INVALID_CREDENTIALS');
    if (!(await mobileIdProofs.use(scope, id))) throw new DomainError('INVALID_TRANSITION');
    return proofs.strengthen(scope, session, {
      method: 'MOBILE_ID',
      provider: null,
      credential: profileId,
      at: answeredAt,
    });
  }

  private async own(scope: Scope, session: UserActor, text: string): Promise<StandingProof> {
    const id = parseId<MobileIdProofId>(text);
    const proof = id && (await this.ports.mobileIdProofs.byId(scope, id));
    if (proof?.sessionId !== session.sessionId) throw new DomainError('NOT_FOUND');
    return proof;
  }

  private asked({ id, state, expiresAt }: StandingProof): AskedProof {
    const { secrets } = this.ports.mobileIdProofs;
    const link = `${this.ports.publicUrl}/m#p.${secrets.code(id)}`;
    return { id, number: secrets.number(id), link, state, expiresAt };
  }
}

function stepOf({ id, state, deviceName }: StandingProof): MobileIdProofStep {
  return { id, number: progressOf(state), state, deviceName };
}

function targetOf(id: MobileIdProofId): string {
  return `mobile-id-proof:${id}`;
}
