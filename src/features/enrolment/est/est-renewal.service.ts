import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { RequestContext, ShownCertificate } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import type { ProfileId } from '../../../kernel/ids.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { ChangeScope, Scope, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { Certificate, CertificateService } from '../../certificates/certificate.service.js';
import { profilesEnded } from '../../profiles/profile.events.js';
import type { MobileIdProfile, ProfileService } from '../../profiles/profile.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import type { UserService } from '../../users/user.service.js';
import type { CompletionService, HolderToCertify } from '../device/completion.service.js';
import type { EnrolmentService } from '../enrolment.service.js';
import type { EstAnswerService } from './est-answer.service.js';
import type { EstKeyService, RequestedKey } from './est-key.service.js';
import type { EstCertificate, EstRequest } from './est-request.js';
import { renewalTerms, type RenewalTerms } from '../renewal/renewal-terms.js';
import { refuseEarly, refuseWithoutGain, renewableFrom } from '../renewal/renewal-window.js';
import { readShown } from './tls-key.js';

const WANTED =
  'Show, as client certificate over HTTPS, the present one of an active mobile ID that was made over EST: of the kind that is to be renewed, or for authentication.';

interface Present {
  readonly certificate: Certificate;
  readonly profile: MobileIdProfile;
}

interface Due extends Omit<RenewalTerms, 'validityDays'> {
  readonly old: Certificate;
  readonly notAfter: Date;
}

/**
 * Renewal over EST, by a certificate of the mobile ID itself. The new certificate is there before the old one goes, in the same
 * transaction; who did not get the answer asks again with the old one.
 */
export class EstRenewalService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly limits: RateLimits;
      readonly certificates: CertificateService;
      readonly profiles: ProfileService;
      readonly projects: ProjectService;
      readonly users: UserService;
      readonly enrolments: EnrolmentService;
      readonly completions: CompletionService;
      readonly answers: EstAnswerService;
      readonly estKeys: EstKeyService;
      readonly audit: AuditService;
    },
  ) {}

  /** Whether the caller shows a certificate of Signet's own, of whatever state. */
  async isHolder(context: RequestContext, shown: ShownCertificate | null): Promise<boolean> {
    return (
      shown !== null && (await this.issuedHere(this.ports.work.read(context), shown)) !== undefined
    );
  }

  /**
   * The same request gets the same answer.
   * @throws DomainError FORBIDDEN with `reason` CLIENT_CERTIFICATE where what is shown cannot be used (any more); CSR_REJECTED;
   * INVALID_TRANSITION with `renewableFrom` where it is too early; RATE_LIMITED
   */
  async renew(context: RequestContext, request: EstRequest): Promise<EstCertificate> {
    const { limits, work, answers } = this.ports;
    await limits.refuseExhausted('device/address', addressKey(context.address));
    const scope = work.read(context);
    const present = await this.presentOf(scope, request.shown);
    if (present === undefined) {
      await limits.take('device/address', addressKey(context.address));
      throw refusedCertificate();
    }
    const { certificate, profile } = present;
    await limits.take('device/enrolment', profile.enrolmentId);
    const kind = request.kind ?? certificate.kind;
    refuseOtherKind(certificate, kind);
    // Before the answers: who finds none of his own then has not taken a successor for the one that is to be renewed.
    const old = await this.ports.certificates.current(scope, profile.id, kind);
    const given = await answers.repeated(scope, profile, { kind, request });
    if (given?.status === 'VALID') return answers.again(given, request);
    if (certificate.status !== 'VALID') throw refusedCertificate();
    const { terms, archivesKeys } = await this.due(scope, profile, { old, kind });
    const { estKeys } = this.ports;
    const challenges = request.bindings;
    const proven = await estKeys.prove(request, { kind, archivesKeys, terms, challenges });
    const key = await estKeys.keyFor(request, proven);
    return work.change(context, (change) => this.issue(change, request, { present, key }));
  }

  private async issue(
    scope: ChangeScope,
    request: EstRequest,
    { present, key }: { present: Present; key: RequestedKey },
  ): Promise<EstCertificate> {
    const { certificates, answers, estKeys } = this.ports;
    const { kind } = key;
    const { certificate, profile } = await this.hold(scope, present);
    const given = await answers.repeated(scope, profile, { kind, request });
    if (given?.status === 'VALID') return answers.again(given, request);
    if (certificate.status !== 'VALID') throw refusedCertificate();
    const current = await certificates.lockCurrent(scope, profile.id, kind);
    const { old, terms, notAfter } = await this.due(scope, profile, { old: current, kind });
    const holder = await this.holderOf(scope, profile, { terms, notAfter });
    const { id: certificateId, der } = await estKeys.certify(scope, holder, key, 'VALID');
    const privateKey = key.made?.pkcs8 ?? null;
    await answers.keep(scope, request, { originId: old.id, kind, certificateId, privateKey });
    await certificates.supersede(scope, [old.id]);
    await this.ports.profiles.prolong(scope, profile, holder.notAfter);
    await scope.raise(profilesEnded, { profileIds: [profile.id] });
    await this.ports.audit.record(scope, {
      action: 'est.renew',
      target: `profile:${profile.id}`,
      detail: kind,
    });
    return { certificateDer: der, privateKey };
  }

  /** Everything once more, now that nobody can change it until this transaction ends. */
  private async hold(scope: ChangeScope, { certificate, profile }: Present): Promise<Present> {
    const { users, certificates } = this.ports;
    if (profile.userId !== null) await users.getLocked(scope, profile.userId);
    await scope.sql('est-renewal.lock-profile', 'SELECT id FROM profile WHERE id = $1 FOR UPDATE', [
      profile.id,
    ]);
    const current = await certificates.find(scope, certificate.id);
    const living = await this.living(scope, profile.id);
    if (current === undefined || living === undefined) throw refusedCertificate();
    return { certificate: current, profile: living };
  }

  /** Of a mobile ID that was made over EST: a phone proves more for that, see `RenewalKeyService`. */
  private async presentOf(
    scope: Scope,
    shown: ShownCertificate | null,
  ): Promise<Present | undefined> {
    if (shown === null) return undefined;
    const certificate = await this.issuedHere(scope, shown);
    if (certificate === undefined || !isUsable(scope.now, certificate)) return undefined;
    const profile = await this.living(scope, certificate.profileId);
    if (profile === undefined || !(await this.ports.answers.hasMade(scope, profile)))
      return undefined;
    return { certificate, profile };
  }

  private issuedHere(scope: Scope, shown: ShownCertificate): Promise<Certificate | undefined> {
    return this.ports.certificates.issuedHere(scope, readShown(shown).serialNumber, shown.der);
  }

  private async living(scope: Scope, id: ProfileId): Promise<MobileIdProfile | undefined> {
    const profile = await this.ports.profiles.find(scope, id);
    const isLiving = profile?.state === 'ACTIVE' && profile.validTo > scope.now;
    return isLiving ? profile : undefined;
  }

  /**
   * What takes the place of the present certificate, where that is due.
   * @throws DomainError CSR_REJECTED where there is none of this kind; INVALID_TRANSITION
   */
  private async due(
    scope: Scope,
    profile: MobileIdProfile,
    { old, kind }: { old: Certificate | undefined; kind: CertificateKind },
  ): Promise<Due> {
    if (old === undefined) throw new DomainError('CSR_REJECTED', { reason: 'KINDS' });
    const { projects, enrolments, completions } = this.ports;
    const project = await projects.get(scope, profile.projectId);
    const enrolment = await enrolments.find(scope, profile.enrolmentId);
    if (enrolment === undefined) throw new DomainError('NOT_FOUND');
    const { validityDays, ...agreed } = renewalTerms(project, [kind], enrolment);
    const notAfter = completions.endOf(scope.now, validityDays);
    refuseEarly(scope.now, renewableFrom(old, project.settings));
    refuseWithoutGain(old.notAfter, notAfter);
    return { ...agreed, old, notAfter };
  }

  /** As the user is called today, or by the account where there is none; what the request says of him does not count. */
  private async holderOf(
    scope: ChangeScope,
    { id, projectId, userId, accountName }: MobileIdProfile,
    { terms, notAfter }: Pick<Due, 'terms' | 'notAfter'>,
  ): Promise<HolderToCertify> {
    const { users, completions } = this.ports;
    const order = { projectId, certificateTerms: terms };
    const user = userId && (await users.get(scope, userId));
    const validity = { notBefore: scope.now, notAfter };
    return completions.holderOf(scope, order, { user, accountName, profileId: id, ...validity });
  }
}

/** One answer for all that is shown, or not: it says what is wanted, and nothing of what is known. */
function refusedCertificate(): DomainError {
  return new DomainError('FORBIDDEN', { reason: 'CLIENT_CERTIFICATE', detail: WANTED });
}

/** One that was renewed is good for asking again what for. */
function isUsable(now: Date, certificate: Certificate): boolean {
  const { status, revocationReason, notAfter } = certificate;
  const isSuperseded = status === 'REVOKED' && revocationReason === 'superseded';
  return notAfter > now && (status === 'VALID' || isSuperseded);
}

/** The authentication certificate speaks for the whole mobile ID, each of the others for itself. */
function refuseOtherKind(certificate: Certificate, kind: CertificateKind): void {
  if (certificate.kind !== kind && certificate.kind !== 'AUTHENTICATION') {
    throw refusedCertificate();
  }
}
