import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { RequestContext } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { newId, type EnrolmentId, type ProfileId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { CertificateService } from '../../certificates/certificate.service.js';
import type { ProfileService } from '../../profiles/profile.service.js';
import type { User, UserService } from '../../users/user.service.js';
import { claimedBy, isUnconfirmed } from '../device/claimed-enrolment.js';
import type { CompletionService } from '../device/completion.service.js';
import type { ClaimService, DeviceTask, FoundCode } from '../device/claim.service.js';
import type { EnrolmentLog } from '../enrolment-log.service.js';
import type { DeviceGrant, EnrolmentSecrets } from '../enrolment-secrets.js';
import { refuseEnded, type Enrolment, type EnrolmentService } from '../enrolment.service.js';
import type { EnrolmentRecoveryService } from '../recovery/enrolment-recovery.service.js';
import type { EnrolmentAnswer, EstAnswerService, GivenAnswer } from './est-answer.service.js';
import type { EstKeyService, RequestedKey } from './est-key.service.js';
import { digestOf, type EstCertificate, type EstRequest } from './est-request.js';
import { describeDevice, tlsKeyThumbprint } from './tls-key.js';

/** A certificate, or what to do until the device has been confirmed. */
export type EstOutcome =
  | ({ readonly state: 'ISSUED' } & EstCertificate)
  | { readonly state: 'PENDING'; readonly confirmationCode: string | null };

interface Turn {
  readonly grant: DeviceGrant;
  readonly enrolment: Enrolment;
  readonly kind: CertificateKind;
  readonly key: RequestedKey;
  readonly isCodeBearer: boolean;
}

/**
 * Enrolment over EST: claims like a phone, and gets its certificates one at a time. Each is issued and stored in one
 * transaction, ON_HOLD, so that nobody relies on it; the transaction of the last one makes the mobile ID and releases them all.
 * An enrolment that ends before takes its certificates with it.
 */
export class EstEnrolmentService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly claims: ClaimService;
      readonly completions: CompletionService;
      readonly enrolments: EnrolmentService;
      readonly recoveries: EnrolmentRecoveryService;
      readonly log: EnrolmentLog;
      readonly secrets: EnrolmentSecrets;
      readonly answers: EstAnswerService;
      readonly estKeys: EstKeyService;
      readonly certificates: CertificateService;
      readonly profiles: ProfileService;
      readonly users: UserService;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * The same request gets the same answer.
   * @throws DomainError those of a claim; DEVICE_PROOF_REJECTED, CSR_REJECTED, CONFLICT (with `reason` RECOVERS_KEYS where the order
   * brings earlier keys along), PROFILE_LIMIT_REACHED
   */
  async enrol(context: RequestContext, code: string, request: EstRequest): Promise<EstOutcome> {
    const { enrolments, estKeys, work } = this.ports;
    const { task, grant, isCodeBearer } = await this.claim(context, code, request);
    const scope = work.read(context);
    const found = claimedBy(grant, await enrolments.find(scope, grant.enrolmentId));
    const given = await this.ports.answers.of(scope, found.id);
    const enrolment = asOf(given, found);
    const kind = kindOf(enrolment, request, given);
    const known = this.checkTurn(scope, enrolment, { given, kind, request });
    if (known !== undefined) return this.again(known, request);
    const { archivesKeys, certificateTerms: terms } = enrolment;
    const challenges = [code, ...request.bindings];
    const proven = await estKeys.prove(request, { kind, archivesKeys, terms, challenges });
    if (isUnconfirmed(enrolment)) return pending(task);
    const key = await estKeys.keyFor(request, proven);
    const outcome = await work.change(context, (change) =>
      this.issue(change, request, { grant, enrolment, kind, key, isCodeBearer }),
    );
    if (outcome instanceof DomainError) throw outcome;
    return outcome;
  }

  /** Revokes what a device has got of a mobile ID that will never be. */
  async abandon(scope: ChangeScope, enrolmentId: EnrolmentId): Promise<void> {
    const { answers, certificates, audit } = this.ports;
    const given = await answers.of(scope, enrolmentId);
    const profileIds = [...new Set(given.map(({ profileId }) => profileId))];
    if (profileIds.length === 0) return;
    await certificates.revoke(scope, profileIds, 'cessationOfOperation');
    await answers.forgetKeys(scope, enrolmentId);
    await audit.record(scope, { action: 'est.abandon', target: `enrolment:${enrolmentId}` });
  }

  private async claim(
    context: RequestContext,
    code: string,
    { shown }: EstRequest,
  ): Promise<{ task: DeviceTask; grant: DeviceGrant; isCodeBearer: boolean }> {
    const { claims, secrets } = this.ports;
    const thumbprint = shown === null ? undefined : await tlsKeyThumbprint(shown);
    const task = await claims.claimByCode(context, {
      code,
      device: describeDevice(shown, context.userAgent),
      thumbprintOf: async (change, enrolment, found) => {
        await this.refuseRecovery(change, enrolment);
        return thumbprint ?? this.codeBearer(enrolment, found);
      },
    });
    const grant = secrets.readDeviceToken(task.deviceToken);
    if (grant === undefined) throw new Error('A device token of our own can be read.');
    return { task, grant, isCodeBearer: thumbprint === undefined };
  }

  /** There is no way to bring earlier keys along here, and a mobile ID without them is not what was ordered. */
  private async refuseRecovery(scope: Scope, { id }: Enrolment): Promise<void> {
    if (await this.ports.recoveries.isBoundTo(scope, id)) {
      throw new DomainError('CONFLICT', { reason: 'RECOVERS_KEYS' });
    }
  }

  /** A device that shows no key of its own is known by the code it brings, where nobody has to confirm which device it is. */
  private codeBearer({ confirmation }: Enrolment, found: FoundCode): string {
    if (confirmation !== 'NONE') {
      throw new DomainError('DEVICE_PROOF_REJECTED', { reason: 'CLIENT_CERTIFICATE' });
    }
    return this.ports.secrets.codeBearer(found.enrolmentId, found.generation);
  }

  /** @returns what this very request has got already */
  private checkTurn(
    scope: Pick<ChangeScope, 'now'>,
    enrolment: Enrolment,
    { given, kind, request }: { given: GivenAnswer[]; kind: CertificateKind; request: EstRequest },
  ): GivenAnswer | undefined {
    const known = given.find((answer) => answer.kind === kind);
    const isSame = known?.requestDigest.equals(digestOf(request)) === true;
    // Until the last one is there all are on hold; after that, one that is on hold was suspended.
    const standing = enrolment.status === 'ACTIVE' ? 'VALID' : 'ON_HOLD';
    if (standing === 'ON_HOLD') refuseEnded(scope, enrolment);
    if (isSame && known.status === standing) return known;
    refuseEnded(scope, enrolment);
    if (known !== undefined) throw new DomainError('CONFLICT', { kind });
    // A phone has sent its requests all at once, and they are being certified.
    if (enrolment.status === 'ISSUING' && given.length === 0) throw new DomainError('CONFLICT');
    return undefined;
  }

  /** Under the user's lock first and then the enrolment's, as everywhere. */
  private async issue(
    scope: ChangeScope,
    request: EstRequest,
    turn: Turn,
  ): Promise<EstOutcome | DomainError> {
    const { userId } = turn.enrolment;
    const user = userId && (await this.ports.users.getLocked(scope, userId));
    const locked = await this.ports.enrolments.lock(scope, turn.enrolment.id);
    const enrolment = claimedBy(turn.grant, locked);
    const given = await this.ports.answers.of(scope, enrolment.id);
    const known = this.checkTurn(scope, enrolment, { given, kind: turn.kind, request });
    if (known !== undefined) return this.again(known, request);
    if (isUnconfirmed(enrolment)) throw new DomainError('CONFIRMATION_REQUIRED');
    if (turn.isCodeBearer && enrolment.codeExpiresAt <= scope.now) {
      throw new DomainError('CODE_EXPIRED');
    }
    const refusal = await this.refusalOf(scope, enrolment);
    if (refusal !== undefined) {
      await this.ports.completions.fail(scope, enrolment, refusal);
      return refusal;
    }
    return this.certify(scope, request, { ...turn, enrolment, user, given });
  }

  private async refusalOf(
    scope: ChangeScope,
    enrolment: Enrolment,
  ): Promise<DomainError | undefined> {
    try {
      await this.ports.profiles.refuseBeyondLimit(scope, enrolment, enrolment.profileLimit);
      return undefined;
    } catch (refusal) {
      if (refusal instanceof DomainError) return refusal;
      throw refusal;
    }
  }

  private async certify(
    scope: ChangeScope,
    request: EstRequest,
    turn: Turn & { user: User | null; given: readonly EnrolmentAnswer[] },
  ): Promise<EstOutcome> {
    const { enrolment, user, given, kind, key } = turn;
    const { completions, answers, estKeys, log } = this.ports;
    const [first] = given;
    if (first === undefined) await log.move(scope, enrolment.id, 'ISSUING');
    // The mobile ID ends when it would if all of them had been asked for with the first.
    const notAfter = completions.endOf(first?.createdAt ?? scope.now, enrolment.validityDays);
    const holder = await completions.holderOf(scope, enrolment, {
      user,
      accountName: enrolment.accountName,
      profileId: first?.profileId ?? newId<ProfileId>(),
      notBefore: scope.now,
      notAfter,
    });
    const certificate = await estKeys.certify(scope, holder, key, 'ON_HOLD');
    const { id: certificateId, der: certificateDer } = certificate;
    const privateKey = key.made?.pkcs8 ?? null;
    await answers.keep(scope, request, { originId: enrolment.id, kind, certificateId, privateKey });
    await this.ports.audit.record(scope, {
      action: 'est.enrol',
      target: `enrolment:${enrolment.id}`,
      detail: kind,
    });
    if (given.length + 1 === enrolment.certificates.length) {
      await completions.complete(scope, { enrolment, ...holder }, () =>
        this.ports.certificates.release(scope, [holder.profileId]),
      );
    }
    return { state: 'ISSUED', certificateDer, privateKey };
  }

  private again(given: GivenAnswer, request: EstRequest): EstOutcome {
    return { state: 'ISSUED', ...this.ports.answers.again(given, request) };
  }
}

/** As it stood when its answers were read: the same request may have got one since the enrolment itself was read. */
function asOf([first]: readonly EnrolmentAnswer[], enrolment: Enrolment): Enrolment {
  if (first === undefined) return enrolment;
  const { enrolmentStatus: status, failureCode } = first;
  return Object.assign(enrolment, { status, failureCode });
}

/** @throws DomainError CSR_REJECTED where it was not ordered, or cannot be told */
function kindOf(
  { certificates: ordered }: Enrolment,
  request: EstRequest,
  given: readonly GivenAnswer[],
): CertificateKind {
  const digest = digestOf(request);
  const known = given.find((answer) => answer.requestDigest.equals(digest))?.kind;
  const only = ordered.length === 1 ? ordered[0] : known;
  const kind = request.kind ?? only;
  if (kind === undefined || !ordered.includes(kind)) {
    throw new DomainError('CSR_REJECTED', { reason: 'KINDS', wanted: ordered });
  }
  return kind;
}

function pending({ confirmationCode }: DeviceTask): EstOutcome {
  return { state: 'PENDING', confirmationCode };
}
