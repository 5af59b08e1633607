import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { equalSecrets } from '../../../kernel/secrets.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type {
  AuthenticationKey,
  AuthenticationKeyService,
} from '../../profiles/authentication-key.service.js';
import type { AttemptService } from '../attempt.service.js';
import { checkAnswer, fingerprintIn } from './mobile-id-answer.js';
import type { MobileIdProofService, StandingProof } from './mobile-id-proof.service.js';

/** The question, as the phone shows it. The number is not in it: the person brings it from the page. */
export interface MobileIdChallenge {
  readonly id: string;
  readonly nonce: string;
  readonly displayName: string;
  readonly address: string;
  readonly userAgent: string | null;
  readonly hints: readonly string[];
  readonly expiresAt: Date;
}

interface Signed {
  readonly key: AuthenticationKey;
  readonly number: string;
}

/** The method MOBILE_ID, as the phone sees it. */
export class MobileIdAnswerService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly keys: AuthenticationKeyService;
      readonly mobileIdProofs: MobileIdProofService;
      readonly limits: RateLimits;
      readonly attempts: AttemptService;
      readonly audit: AuditService;
      readonly publicUrl: string;
    },
  ) {}

  /** @throws DomainError CODE_UNKNOWN, CODE_EXPIRED, INVALID_TRANSITION where it is over, RATE_LIMITED */
  async read(request: RequestContext, code: string): Promise<MobileIdChallenge> {
    const { work, keys, mobileIdProofs } = this.ports;
    const proof = await this.find(request, code);
    refuseUnlessWaiting(proof);
    const { id, userId, displayName, address, userAgent, expiresAt } = proof;
    const nonce = mobileIdProofs.secrets.nonce(id);
    const own = await keys.ofUser(work.read(request), userId);
    const hints = own.map(({ fingerprint }) => mobileIdProofs.secrets.hint(nonce, fingerprint));
    return { id, nonce, displayName, address, userAgent, hints, expiresAt };
  }

  /**
   * A wrong number ends the question, whoever typed it: there is no second guess. The same phone repeating its answer is told
   * the same again.
   * @throws DomainError CODE_UNKNOWN, CODE_EXPIRED, INVALID_TRANSITION, RATE_LIMITED; INVALID_CREDENTIALS where no mobile ID of
   * this user signed it; DEVICE_PROOF_REJECTED where it was signed for something else; CONFIRMATION_WRONG for a wrong number
   */
  async answer(request: RequestContext, code: string, answer: string): Promise<void> {
    const proof = await this.find(request, code);
    if (proof.state === 'EXPIRED') throw new DomainError('CODE_EXPIRED');
    const signed = await this.check(request, proof, answer).catch(async (error: unknown) => {
      await this.ports.limits.take('device/address', addressKey(request.address));
      throw error;
    });
    if (this.isRepeated(proof, signed)) return;
    refuseUnlessWaiting(proof);
    // Counted only for a phone of his own: a stranger who saw the code cannot lock him out.
    const attempt = await this.ports.attempts.count('MOBILE_ID', proof.userId);
    if (!this.isRightNumber(proof, signed)) {
      await this.end(request, proof, 'mobile-id-proof.wrong-number');
      throw new DomainError('CONFIRMATION_WRONG');
    }
    await this.ports.attempts.succeeded(attempt);
    await this.store(request, proof, signed.key);
  }

  /** "Not me": ends the question. @throws DomainError CODE_UNKNOWN, CODE_EXPIRED, INVALID_TRANSITION, RATE_LIMITED */
  async reject(request: RequestContext, code: string): Promise<void> {
    const proof = await this.find(request, code);
    refuseUnlessWaiting(proof);
    await this.end(request, proof, 'mobile-id-proof.reject');
  }

  private async find(request: RequestContext, code: string): Promise<StandingProof> {
    const { work, limits, mobileIdProofs } = this.ports;
    const address = addressKey(request.address);
    await limits.refuseExhausted('device/address', address);
    const proof = await mobileIdProofs.byCode(work.read(request), code);
    if (proof !== undefined) return proof;
    await limits.take('device/address', address);
    throw new DomainError('CODE_UNKNOWN');
  }

  /** Another user's mobile ID, one that can no longer be used and one that never was look alike. */
  private async check(
    request: RequestContext,
    proof: StandingProof,
    answer: string,
  ): Promise<Signed> {
    const { work, keys, mobileIdProofs, publicUrl } = this.ports;
    const fingerprint = fingerprintIn(answer);
    const key = await keys.find(work.read(request), proof.userId, fingerprint);
    if (key === undefined) throw new DomainError('INVALID_CREDENTIALS');
    const number = await checkAnswer(answer, key.certificateDer, {
      audience: publicUrl,
      proofId: proof.id,
      nonce: mobileIdProofs.secrets.nonce(proof.id),
      now: request.now,
    });
    return { key, number };
  }

  private isRepeated(proof: StandingProof, signed: Signed): boolean {
    const isAnswered = proof.state === 'ANSWERED' || proof.state === 'USED';
    const isSamePhone = proof.fingerprint === signed.key.fingerprint;
    return isAnswered && isSamePhone && this.isRightNumber(proof, signed);
  }

  private isRightNumber({ id }: StandingProof, { number }: Signed): boolean {
    const expected = this.ports.mobileIdProofs.secrets.number(id);
    return equalSecrets(Buffer.from(number), Buffer.from(expected));
  }

  private async store(
    request: RequestContext,
    { id }: StandingProof,
    { profileId, fingerprint }: AuthenticationKey,
  ): Promise<void> {
    const { work, keys, mobileIdProofs, audit } = this.ports;
    await work.change(request, async (scope) => {
      const key = await keys.hold(scope, profileId, fingerprint);
      if (key === undefined) throw new DomainError('INVALID_CREDENTIALS');
      const isFirst = await mobileIdProofs.answer(scope, id, key);
      if (!isFirst) throw new DomainError('INVALID_TRANSITION');
      await audit.record(scope, {
        action: 'mobile-id-proof.answer',
        target: `mobile-id-proof:${id}`,
        detail: `profile:${profileId}`,
      });
    });
  }

  private async end(
    request: RequestContext,
    { id, userId }: StandingProof,
    action: string,
  ): Promise<void> {
    const { work, mobileIdProofs, audit } = this.ports;
    await work.change(request, async (scope) => {
      const isFirst = await mobileIdProofs.reject(scope, id);
      if (!isFirst) throw new DomainError('INVALID_TRANSITION');
      await audit.record(scope, {
        action,
        target: `mobile-id-proof:${id}`,
        detail: `user:${userId}`,
        outcome: 'REFUSED',
      });
    });
  }
}

function refuseUnlessWaiting({ state }: StandingProof): void {
  if (state === 'EXPIRED') throw new DomainError('CODE_EXPIRED');
  if (state !== 'WAITING') throw new DomainError('INVALID_TRANSITION', { state });
}
