import { DAY_MS } from '../../../kernel/durations.js';
import type { DomainError } from '../../../kernel/errors.js';
import type { ProfileId, UserId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { Holder, IssuanceService } from '../../certificates/issuance.service.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { MobileIdProfile, ProfileService } from '../../profiles/profile.service.js';
import type { ProjectService } from '../../projects/project.service.js';
import type { User } from '../../users/user.service.js';
import type { EnrolmentLog } from '../enrolment-log.service.js';
import type { Enrolment } from '../enrolment.service.js';
import type { ReplacementService } from '../ordering/replacement.service.js';

/** Whose certificates, and keys, they are to be. */
export interface HolderToCertify extends Holder {
  /** Null of a mobile ID that has no user. */
  readonly userId: UserId | null;
}

/** A mobile ID that is to get certificates, by its user, or by its account where it has none. */
interface ToCertify extends Pick<Holder, 'profileId' | 'notBefore' | 'notAfter'> {
  readonly user: User | null;
  readonly accountName: string | null;
}

interface Completion {
  readonly enrolment: Enrolment;
  readonly profileId: ProfileId;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** How an enrolment ends well, or fails for good: for phones, and for devices that bring a client of their own. */
export class CompletionService {
  constructor(
    private readonly ports: {
      readonly log: EnrolmentLog;
      readonly issuance: IssuanceService;
      readonly profiles: ProfileService;
      readonly projects: ProjectService;
      readonly replacements: ReplacementService;
      readonly notifications: NotificationService;
      readonly audit: AuditService;
    },
  ) {}

  /** Whose certificates an enrolment is for, by the names of today and the terms of its order. Without a user it has no address. */
  async holderOf(
    scope: Scope,
    { projectId, certificateTerms: terms }: Pick<Enrolment, 'projectId' | 'certificateTerms'>,
    { user, accountName, ...mobileId }: ToCertify,
  ): Promise<HolderToCertify> {
    const { name: projectName } = await this.ports.projects.get(scope, projectId);
    return { ...mobileId, ...namesOf(user, accountName), projectName, terms };
  }

  /** Profile, certificates, status, audit entry and messages together; `certify` has the certificates stand. */
  async complete(
    scope: ChangeScope,
    { enrolment, profileId, ...validity }: Completion,
    certify: () => Promise<void>,
  ): Promise<MobileIdProfile> {
    const { accountName, deviceId } = enrolment;
    if (deviceId === null) throw new Error('A claimed enrolment has a device.');
    if (accountName === null) throw new Error('A mobile ID has the name of an account.');
    const profile = await this.ports.profiles.create(scope, {
      id: profileId,
      projectId: enrolment.projectId,
      userId: enrolment.userId,
      enrolmentId: enrolment.id,
      deviceId,
      name: enrolment.profileName,
      accountName,
      serverName: enrolment.serverName,
      validFrom: validity.notBefore,
      validTo: validity.notAfter,
    });
    await certify();
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
  endOf(now: Date, validityDays: number): Date {
    const wanted = new Date(now.getTime() + validityDays * DAY_MS);
    const { validTo } = this.ports.issuance.authority;
    return wanted < validTo ? wanted : validTo;
  }

  private async notify(
    scope: ChangeScope,
    enrolment: Enrolment,
    template: 'ENROLMENT_COMPLETED' | 'ENROLMENT_FAILED',
  ): Promise<void> {
    if (enrolment.userId === null) return;
    const { settings } = await this.ports.projects.get(scope, enrolment.projectId);
    const isWanted =
      template === 'ENROLMENT_COMPLETED' ? settings.notifyOnSuccess : settings.notifyOnFailure;
    const { id, projectId } = enrolment;
    if (isWanted) await this.ports.notifications.notify(scope, template, id, { projectId });
  }

  /** For good: no certificate may be issued any more. To be committed before it is told. */
  async fail(scope: ChangeScope, enrolment: Enrolment, refusal: DomainError): Promise<void> {
    await this.ports.log.move(scope, enrolment.id, 'FAILED', { failure: refusal.code });
    await this.ports.audit.record(scope, {
      action: 'enrolment.activate',
      target: `enrolment:${enrolment.id}`,
      outcome: 'REFUSED',
      detail: refusal.code,
    });
    await this.notify(scope, enrolment, 'ENROLMENT_FAILED');
  }
}

/** By whom certificates call their holder: a mobile ID without a user is known by its account alone. */
function namesOf(
  user: User | null,
  accountName: string | null,
): Pick<HolderToCertify, 'userId' | 'commonName' | 'username' | 'email'> {
  if (user !== null) {
    const { id: userId, displayName: commonName, username, email } = user;
    return { userId, commonName, username, email };
  }
  if (accountName === null) throw new Error('Without a user there is an account.');
  return { userId: null, commonName: accountName, username: accountName, email: null };
}
