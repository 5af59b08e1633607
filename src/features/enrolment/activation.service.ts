import { DomainError, invalidInput } from '../../kernel/errors.js';
import type { CertificateKind } from '../../kernel/certificate-kind.js';
import type { RequestContext } from '../../kernel/actor.js';
import { newId, type ProfileId, type UserId } from '../../kernel/ids.js';
import { sha256 } from '../../kernel/secrets.js';
import { addressKey } from '../../platform/address-key.js';
import type { RateLimits } from '../../platform/rate-limits.js';
import type { ChangeScope, UnitOfWork } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import type { CertificateService, ProvenRequest } from '../certificates/certificate.service.js';
import type { NotificationService } from '../notifications/notification.service.js';
import type { MobileIdProfile, ProfileService } from '../profiles/profile.service.js';
import type { ProjectService } from '../projects/project.service.js';
import type { User, UserService } from '../users/user.service.js';
import type { EnrolmentLog } from './enrolment-log.service.js';
import type { DeviceGrant, EnrolmentSecrets } from './enrolment-secrets.js';
import { refuseEnded, type Enrolment, type EnrolmentService } from './enrolment.service.js';
import type { ReplacementService } from './replacement.service.js';

export interface CertificateRequest {
  readonly kind: CertificateKind;
  /** PKCS #10, PEM. */
  readonly csr: string;
}

interface Activation {
  readonly grant: DeviceGrant;
  readonly userId: UserId;
  readonly digest: Buffer;
  readonly proven: readonly ProvenRequest[];
}

const MILLISECONDS_A_DAY = 86_400_000;

/**
 * A phone's requests become a mobile ID. ISSUING commits alone, with the digest of the requests; then certificates, profile,
 * status, audit entry and outbox rows commit together. A crash between the two leaves an enrolment that the same requests
 * take up again.
 */
export class ActivationService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly enrolments: EnrolmentService;
      readonly log: EnrolmentLog;
      readonly secrets: EnrolmentSecrets;
      readonly certificates: CertificateService;
      readonly profiles: ProfileService;
      readonly replacements: ReplacementService;
      readonly projects: ProjectService;
      readonly users: UserService;
      readonly notifications: NotificationService;
      readonly limits: RateLimits;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * The same requests sent again, at once or later, give the same mobile ID.
   * @throws DomainError NOT_FOUND for a foreign token, CONFIRMATION_REQUIRED, CSR_REJECTED, ENROLMENT_COMPLETED, ENROLMENT_EXPIRED,
   * ENROLMENT_CANCELLED, ENROLMENT_SUPERSEDED, CONFLICT for other requests than those under way, PROFILE_LIMIT_REACHED
   */
  async activate(
    request: RequestContext,
    deviceToken: string,
    requests: readonly CertificateRequest[],
  ): Promise<MobileIdProfile> {
    const grant = await this.grantOf(request, deviceToken);
    await this.ports.limits.take('device/enrolment', grant.enrolmentId);
    const digest = digestOf(requests);
    const found = await this.ports.enrolments.find(
      this.ports.work.read(request),
      grant.enrolmentId,
    );
    const enrolment = claimedBy(grant, found);
    const done = this.checkTurn(request, enrolment, digest);
    if (done !== undefined) return this.profileOf(request, done);
    const proven = await this.prove(grant, enrolment, requests);
    const activation = { grant, userId: enrolment.userId, digest, proven };
    await this.ports.work.change(request, (scope) => this.take(scope, activation));
    const outcome = await this.ports.work.change(request, (scope) => this.issue(scope, activation));
    if (outcome instanceof DomainError) throw outcome;
    return typeof outcome === 'string' ? this.profileOf(request, outcome) : outcome;
  }

  /** Chain of the issuing authority for the phone: issuer first, root last. */
  get chain(): readonly string[] {
    return this.ports.certificates.authority.chainPem;
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
    if (enrolment.status === 'AWAITING_CONFIRMATION' || isUnconfirmed(enrolment)) {
      throw new DomainError('CONFIRMATION_REQUIRED');
    }
    if (enrolment.status === 'ISSUING' && !isSame) throw new DomainError('CONFLICT');
    return undefined;
  }

  private async prove(
    grant: DeviceGrant,
    { certificates: asked }: Enrolment,
    requests: readonly CertificateRequest[],
  ): Promise<ProvenRequest[]> {
    const sent = requests.map(({ kind }) => kind);
    const fits = sent.length === asked.length && asked.every((kind) => sent.includes(kind));
    if (!fits) throw new DomainError('CSR_REJECTED', { reason: 'KINDS', wanted: asked });
    const challenge = this.ports.secrets.challenge(grant);
    return Promise.all(
      requests.map(({ kind, csr }) => this.ports.certificates.prove(kind, csr, challenge)),
    );
  }

  /** The first transaction: from here on these requests and no others will be certified. */
  private async take(scope: ChangeScope, { grant, digest, proven }: Activation): Promise<void> {
    const locked = await this.ports.enrolments.lock(scope, grant.enrolmentId);
    const enrolment = claimedBy(grant, locked);
    const done = this.checkTurn(scope, enrolment, digest);
    if (done !== undefined || enrolment.status === 'ISSUING') return;
    await this.ports.certificates.refuseKnownKeys(scope, proven);
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
    const user = await this.ports.users.getLocked(scope, userId);
    const locked = await this.ports.enrolments.lock(scope, grant.enrolmentId);
    const enrolment = claimedBy(grant, locked);
    const done = this.checkTurn(scope, enrolment, digest);
    if (done !== undefined) return done;
    const refusal = await this.refusalOf(scope, enrolment, activation);
    if (refusal !== undefined) {
      await this.fail(scope, enrolment, refusal);
      return refusal;
    }
    return this.store(scope, { enrolment, user, proven: activation.proven });
  }

  /** What has changed since the order, or since the first transaction, so that no certificate may be issued any more. */
  private async refusalOf(
    scope: ChangeScope,
    enrolment: Enrolment,
    { proven }: Activation,
  ): Promise<DomainError | undefined> {
    try {
      await this.ports.profiles.refuseBeyondLimit(scope, enrolment, enrolment.profileLimit);
      await this.ports.certificates.refuseKnownKeys(scope, proven);
      return undefined;
    } catch (refusal) {
      if (refusal instanceof DomainError) return refusal;
      throw refusal;
    }
  }

  private async fail(
    scope: ChangeScope,
    enrolment: Enrolment,
    refusal: DomainError,
  ): Promise<void> {
    await this.ports.log.move(scope, enrolment.id, 'FAILED', { failure: refusal.code });
    await this.ports.audit.record(scope, {
      action: 'enrolment.activate',
      target: `enrolment:${enrolment.id}`,
      outcome: 'REFUSED',
      detail: refusal.code,
    });
    await this.notify(scope, enrolment, 'ENROLMENT_FAILED');
  }

  private async store(
    scope: ChangeScope,
    {
      enrolment,
      user,
      proven,
    }: { enrolment: Enrolment; user: User; proven: readonly ProvenRequest[] },
  ): Promise<MobileIdProfile> {
    if (enrolment.deviceId === null) throw new Error('A claimed enrolment has a device.');
    const profileId = newId<ProfileId>();
    const validity = {
      notBefore: scope.now,
      notAfter: this.endOf(scope.now, enrolment.validityDays),
    };
    const profile = await this.ports.profiles.create(scope, {
      id: profileId,
      projectId: enrolment.projectId,
      userId: enrolment.userId,
      enrolmentId: enrolment.id,
      deviceId: enrolment.deviceId,
      name: enrolment.profileName,
      accountName: enrolment.accountName,
      serverName: enrolment.serverName,
      validFrom: validity.notBefore,
      validTo: validity.notAfter,
    });
    const holder = { profileId, commonName: user.displayName, email: user.email, ...validity };
    await this.ports.certificates.issue(scope, holder, proven);
    await this.ports.log.move(scope, enrolment.id, 'ACTIVE', { keep: { profileId } });
    await this.ports.replacements.finish(scope, enrolment, profileId);
    await this.ports.audit.record(scope, {
      action: 'enrolment.activate',
      target: `enrolment:${enrolment.id}`,
      detail: `profile:${profileId}`,
    });
    await this.notify(scope, enrolment, 'ENROLMENT_COMPLETED');
    return profile;
  }

  /** No mobile ID outlives the authority that vouches for it. */
  private endOf(now: Date, validityDays: number): Date {
    const wanted = new Date(now.getTime() + validityDays * MILLISECONDS_A_DAY);
    const { validTo } = this.ports.certificates.authority;
    return wanted < validTo ? wanted : validTo;
  }

  private async notify(
    scope: ChangeScope,
    enrolment: Enrolment,
    template: 'ENROLMENT_COMPLETED' | 'ENROLMENT_FAILED',
  ): Promise<void> {
    const { settings } = await this.ports.projects.get(scope, enrolment.projectId);
    const isWanted =
      template === 'ENROLMENT_COMPLETED' ? settings.notifyOnSuccess : settings.notifyOnFailure;
    if (isWanted) await this.ports.notifications.notify(scope, template, enrolment.id);
  }

  private async profileOf(request: RequestContext, id: ProfileId): Promise<MobileIdProfile> {
    const profile = await this.ports.profiles.find(this.ports.work.read(request), id);
    if (profile === null) throw new DomainError('NOT_FOUND');
    return profile;
  }
}

/** @throws DomainError NOT_FOUND where the enrolment is no longer there, or is another phone's */
function claimedBy({ thumbprint }: DeviceGrant, enrolment: Enrolment | undefined): Enrolment {
  if (enrolment?.deviceThumbprint !== thumbprint) throw new DomainError('NOT_FOUND');
  return enrolment;
}

function isUnconfirmed({ confirmation, status }: Enrolment): boolean {
  return confirmation !== 'NONE' && status === 'SCANNED';
}

/** Independent of the order in which the requests are sent. */
export function digestOf(requests: readonly CertificateRequest[]): Buffer {
  const parts = requests.map(({ kind, csr }) => `${kind} ${csr.trim()}`);
  if (new Set(requests.map(({ kind }) => kind)).size < requests.length) {
    throw invalidInput('input.requests', 'Send one request for each kind.');
  }
  return sha256(JSON.stringify(parts.sort()));
}
