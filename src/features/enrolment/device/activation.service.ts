import { DomainError } from '../../../kernel/errors.js';
import type { RequestContext } from '../../../kernel/actor.js';
import { newId, type ProfileId, type UserId } from '../../../kernel/ids.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { ChangeScope, UnitOfWork } from '../../../platform/scope.js';
import { Turns } from '../../../platform/turns.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { IssuanceService, ProvenRequest } from '../../certificates/issuance.service.js';
import type { MobileIdProfile, ProfileService } from '../../profiles/profile.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import type { User, UserService } from '../../users/user.service.js';
import { claimedBy, isUnconfirmed } from './claimed-enrolment.js';
import type { CompletionService } from './completion.service.js';
import type { EnrolmentLog } from '../enrolment-log.service.js';
import type { DeviceGrant, EnrolmentSecrets } from '../enrolment-secrets.js';
import {
  isServerMade,
  refuseEnded,
  type Enrolment,
  type EnrolmentService,
} from '../enrolment.service.js';
import {
  discard,
  type DeliveredKey,
  type KeyDeliveryService,
  type KeyParcel,
  type KeyWish,
} from '../keys/key-delivery.service.js';
import type { AssignmentService, NamedEnrolment } from '../self-registration/assignment.service.js';
import {
  digestOf,
  refuseOtherKinds,
  type CertificateRequest,
  type SentKeys,
} from '../keys/sent-keys.js';
import type { Chosen, EnrolmentRecoveryService } from '../recovery/enrolment-recovery.service.js';

/** One that has the row, and one that gets ready for it. */
const SHARED_AT_ONCE = 2;

interface Activation {
  readonly grant: DeviceGrant;
  readonly userId: UserId | null;
  readonly digest: Buffer;
  readonly proven: readonly ProvenRequest[];
  readonly parcel: KeyParcel;
}

/** What is decided before anything is issued. */
interface Cleared extends NamedEnrolment {
  readonly recovered: readonly Chosen[];
}

export interface ActivationRequest extends SentKeys {
  readonly deviceToken: string;
}

/**
 * A phone's requests become a mobile ID. ISSUING commits alone, with the digest of the requests; then certificates, profile,
 * status, audit entry and outbox rows commit together. A crash between the two leaves an enrolment that the same requests
 * take up again.
 */
export class ActivationService {
  private readonly turns = new Turns(SHARED_AT_ONCE);

  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly assignments: AssignmentService;
      readonly completions: CompletionService;
      readonly enrolments: EnrolmentService;
      readonly log: EnrolmentLog;
      readonly secrets: EnrolmentSecrets;
      readonly issuance: IssuanceService;
      readonly profiles: ProfileService;
      readonly projects: ProjectService;
      readonly users: UserService;
      readonly keyDelivery: KeyDeliveryService;
      readonly recoveries: EnrolmentRecoveryService;
      readonly limits: RateLimits;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * The same requests sent again, at once or later, give the same mobile ID.
   * @throws DomainError NOT_FOUND for a foreign token, CONFIRMATION_REQUIRED, CSR_REJECTED, ENROLMENT_COMPLETED, ENROLMENT_EXPIRED,
   * ENROLMENT_CANCELLED, ENROLMENT_SUPERSEDED, CONFLICT for other requests than those under way, PROFILE_LIMIT_REACHED; by a
   * project's activation code ACTIVATION_CODE_ROTATED, ACTIVATION_PAUSED, QUOTA_REACHED, ID_RANGE_EXHAUSTED
   */
  async activate(request: RequestContext, sent: ActivationRequest): Promise<MobileIdProfile> {
    const grant = await this.grantOf(request, sent.deviceToken);
    await this.ports.limits.take('device/enrolment', grant.enrolmentId);
    const digest = digestOf(sent);
    const enrolment = await this.claimed(request, grant);
    const done = this.checkTurn(request, enrolment, digest);
    if (done !== undefined) return this.profileOf(request, done);
    const proven = await this.prove(grant, enrolment, sent.requests);
    const parcel = await this.prepareKeys(request, enrolment, sent);
    const activation = { grant, userId: enrolment.userId, digest, proven, parcel };
    try {
      await this.ports.work.change(request, (scope) => this.take(scope, activation));
      const outcome = await this.inTurn(enrolment, () =>
        this.ports.work.change(request, (scope) => this.issue(scope, activation)),
      );
      if (outcome instanceof DomainError) throw outcome;
      return typeof outcome === 'string' ? await this.profileOf(request, outcome) : outcome;
    } finally {
      discard(parcel);
    }
  }

  /** Activations by one activation code would all wait for the project's row, each with a connection in its hand. */
  private inTurn<T>({ projectId, userId }: Enrolment, issue: () => Promise<T>): Promise<T> {
    return userId === null ? this.turns.run(projectId, issue) : issue();
  }

  /** Keys that wait for the phone of this mobile ID, until it has acknowledged them. */
  keysFor(request: RequestContext, { id }: MobileIdProfile): Promise<DeliveredKey[]> {
    return this.ports.keyDelivery.kept(this.ports.work.read(request), id);
  }

  /**
   * The phone has stored everything: wrapped keys are forgotten. It may say so again.
   * @throws DomainError NOT_FOUND for a foreign token, INVALID_TRANSITION before the activation
   */
  async acknowledge(request: RequestContext, deviceToken: string): Promise<void> {
    const grant = await this.grantOf(request, deviceToken);
    await this.ports.limits.take('device/enrolment', grant.enrolmentId);
    await this.ports.work.change(request, async (scope) => {
      const locked = await this.ports.enrolments.lock(scope, grant.enrolmentId);
      const { id, status, profileId } = claimedBy(grant, locked);
      if (profileId === null) throw new DomainError('INVALID_TRANSITION', { from: status });
      await this.ports.keyDelivery.forget(scope, profileId);
      await this.ports.audit.record(scope, {
        action: 'enrolment.acknowledge',
        target: `enrolment:${id}`,
      });
    });
  }

  /** Of the authority that issued the mobile ID, for the phone: PEM, issuer first, root last. */
  chainOf(request: RequestContext, { id }: MobileIdProfile): Promise<readonly string[]> {
    return this.ports.issuance.chainOf(this.ports.work.read(request), id);
  }

  private async claimed(request: RequestContext, grant: DeviceGrant): Promise<Enrolment> {
    const { enrolments, work } = this.ports;
    return claimedBy(grant, await enrolments.find(work.read(request), grant.enrolmentId));
  }

  private async prepareKeys(
    request: RequestContext,
    enrolment: Enrolment,
    wish: KeyWish,
  ): Promise<KeyParcel> {
    const { keyDelivery, recoveries, work } = this.ports;
    const needs = {
      serverMade: enrolment.certificates.some((kind) => isServerMade(enrolment, kind)),
      recovered: await recoveries.isBoundTo(work.read(request), enrolment.id),
      terms: enrolment.certificateTerms,
    };
    return keyDelivery.prepare(needs, wish);
  }

  private async grantOf(request: RequestContext, deviceToken: string): Promise<DeviceGrant> {
    const grant = this.ports.secrets.readDeviceToken(deviceToken);
    if (grant !== undefined) return grant;
    await this.ports.limits.take('device/address', addressKey(request.address));
    throw new DomainError('NOT_FOUND');
  }

  /** @returns the profile that these requests have already become */
  private checkTurn(
    scope: Pick<RequestContext, 'now'>,
    enrolment: Enrolment,
    digest: Buffer,
  ): ProfileId | undefined {
    const isSame = enrolment.requestsDigest?.equals(digest) === true;
    if (isSame && enrolment.profileId !== null) return enrolment.profileId;
    refuseEnded(scope, enrolment);
    if (isUnconfirmed(enrolment)) throw new DomainError('CONFIRMATION_REQUIRED');
    if (enrolment.status === 'ISSUING' && !isSame) throw new DomainError('CONFLICT');
    return undefined;
  }

  private async prove(
    grant: DeviceGrant,
    enrolment: Enrolment,
    requests: readonly CertificateRequest[],
  ): Promise<ProvenRequest[]> {
    const asked = enrolment.certificates.filter((kind) => !isServerMade(enrolment, kind));
    refuseOtherKinds(asked, requests);
    const challenge = this.ports.secrets.challenge(grant);
    const proven = await Promise.all(
      requests.map(({ kind, csr }) => this.ports.issuance.prove(kind, csr, challenge)),
    );
    this.ports.issuance.refuseForeignKeys(enrolment.certificateTerms, proven);
    return proven;
  }

  /** The first transaction: from here on these requests and no others will be certified. */
  private async take(scope: ChangeScope, { grant, digest, proven }: Activation): Promise<void> {
    const locked = await this.ports.enrolments.lock(scope, grant.enrolmentId);
    const enrolment = claimedBy(grant, locked);
    const done = this.checkTurn(scope, enrolment, digest);
    if (done !== undefined || enrolment.status === 'ISSUING') return;
    await this.ports.issuance.refuseKnownKeys(scope, proven);
    await this.ports.log.move(scope, grant.enrolmentId, 'ISSUING', {
      keep: { requestsDigest: digest },
    });
  }

  /**
   * The second transaction, under the user's lock first and then the enrolment's, as everywhere.
   * @returns the new mobile ID, or the id of the one that a parallel call has made meanwhile, or why the enrolment failed for
   * good, which has to be committed before it is told
   */
  private async issue(
    scope: ChangeScope,
    activation: Activation,
  ): Promise<MobileIdProfile | ProfileId | DomainError> {
    const { grant, digest, userId } = activation;
    const user = userId && (await this.ports.users.getLocked(scope, userId));
    const locked = await this.ports.enrolments.lock(scope, grant.enrolmentId);
    const enrolment = claimedBy(grant, locked);
    const done = this.checkTurn(scope, enrolment, digest);
    if (done !== undefined) return done;
    const cleared = await this.checkStanding(scope, enrolment, activation);
    if (cleared instanceof DomainError) {
      await this.ports.completions.fail(scope, enrolment, cleared);
      return cleared;
    }
    return this.store(scope, { user, activation, cleared });
  }

  /**
   * What has changed since the order, or since the first transaction, so that no certificate may be issued any more. An ID is
   * taken last, when nothing else can be refused.
   * @returns the refusal, or what will be recovered and the names of the mobile ID
   */
  private async checkStanding(
    scope: ChangeScope,
    enrolment: Enrolment,
    { proven }: Activation,
  ): Promise<DomainError | Cleared> {
    try {
      await this.ports.profiles.refuseBeyondLimit(scope, enrolment, enrolment.profileLimit);
      await this.ports.issuance.refuseKnownKeys(scope, proven);
      const project = await this.ports.projects.get(scope, enrolment.projectId);
      const recovered = await this.ports.recoveries.standing(scope, enrolment, project);
      return { ...(await this.ports.assignments.assign(scope, enrolment)), recovered };
    } catch (refusal) {
      if (refusal instanceof DomainError) return refusal;
      throw refusal;
    }
  }

  private async store(
    scope: ChangeScope,
    {
      user,
      activation: { proven, parcel },
      cleared,
    }: { user: User | null; activation: Activation; cleared: Cleared },
  ): Promise<MobileIdProfile> {
    const { enrolment, recovered } = cleared;
    const profileId = newId<ProfileId>();
    const { completions } = this.ports;
    const notAfter = completions.endOf(scope.now, enrolment.validityDays);
    const validity = { notBefore: scope.now, notAfter };
    const { accountName } = enrolment;
    const names = { user, accountName };
    const holder = await completions.holderOf(scope, enrolment, {
      profileId,
      ...names,
      ...validity,
    });
    const completion = { enrolment, profileId, ...validity };
    const profile = await completions.complete(scope, completion, async () => {
      await this.ports.issuance.issue(scope, holder, [...proven, ...parcel.made]);
      await this.ports.keyDelivery.deliverMade(scope, holder, parcel);
      const to = { enrolmentId: enrolment.id, userId: holder.userId, profileId, parcel };
      await this.ports.recoveries.recover(scope, recovered, to);
    });
    await this.ports.assignments.bind(scope, cleared, profileId);
    return profile;
  }

  private async profileOf(request: RequestContext, id: ProfileId): Promise<MobileIdProfile> {
    const profile = await this.ports.profiles.find(this.ports.work.read(request), id);
    if (profile === null) throw new DomainError('NOT_FOUND');
    return profile;
  }
}
