import { actorIdOf, type Actor, type ClientActor, type UserActor } from '../../../kernel/actor.js';
import { DomainError, invalidInput } from '../../../kernel/errors.js';
import {
  newId,
  parseId,
  type ApiClientId,
  type EnrolmentId,
  type ProfileId,
  type ProjectId,
  type SessionId,
  type UserId,
} from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { ApiClientService } from '../../api-clients/api-client.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import { agreeTerms } from '../../certificates/profiles/certificate-profile.service.js';
import type { MemberStandingService } from '../../members/member-standing.service.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { ProfileService } from '../../profiles/profile.service.js';
import {
  requireMode,
  type DeliveryChannel,
  type Project,
  type ProjectService,
} from '../../projects/project.service.js';
import type { User, UserService } from '../../users/user.service.js';
import { Enrolment } from '../enrolment.entity.js';
import type { EnrolmentLog } from '../enrolment-log.service.js';
import type { EnrolmentSecrets } from '../enrolment-secrets.js';
import type { EnrolmentService } from '../enrolment.service.js';
import { invite } from '../invitation.js';
import type { EnrolmentRecoveryService } from '../recovery/enrolment-recovery.service.js';
import {
  certificatesOf,
  channelOf,
  digestOf,
  idempotencyKeyOf,
  validityOf,
  type Order,
} from './order.js';
import { describeReplacement, type ReplacementService } from './replacement.service.js';

export interface StartedEnrolment {
  readonly enrolment: Enrolment;
  readonly watchToken: string;
}

/** Whose order it is, and who sees its code on screen. */
export interface Orderer {
  /** Null where it is Signet's own. */
  readonly id: UserId | ApiClientId | null;
  readonly sessionId: SessionId | null;
}

interface Placed {
  readonly orderer: Orderer;
  readonly user: User;
  readonly project: Project;
  readonly order: Order;
  readonly byHimself: boolean;
}

const ORDERING = '/mobile-id/get';
const SUPPLYING = '/operator/mobile-id/supply';

/** Orders of mobile IDs. */
export class OrderingService {
  constructor(
    private readonly ports: {
      readonly enrolments: EnrolmentService;
      readonly log: EnrolmentLog;
      readonly secrets: EnrolmentSecrets;
      readonly replacements: ReplacementService;
      readonly projects: ProjectService;
      readonly memberStandings: MemberStandingService;
      readonly profiles: ProfileService;
      readonly recoveries: EnrolmentRecoveryService;
      readonly users: UserService;
      readonly clients: ApiClientService;
      readonly notifications: NotificationService;
      readonly audit: AuditService;
      /** Whether the server sends invitations by text message. */
      readonly sendsSms: boolean;
      /** Whether users may order for themselves at all, whatever projects say. */
      readonly selfService: boolean;
    },
  ) {}

  /**
   * An order for oneself.
   * @throws DomainError PROVISIONING_DISABLED where the project has no self-service, NOT_FOUND where it is for its members only,
   * and as {@link startFor}
   */
  async startForSelf(
    scope: ChangeScope,
    actor: UserActor,
    order: Order,
  ): Promise<StartedEnrolment> {
    const user = await this.ports.users.getLocked(scope, actor.userId);
    await this.ports.replacements.requireProof(scope, user, ORDERING, order);
    const project = await this.projectOf(scope, user, order);
    return this.start(scope, { orderer: ordererOf(actor), user, project, order, byHimself: true });
  }

  /**
   * An order for another user, by somebody who lacks none of his roles.
   * @throws DomainError NOT_FOUND, FORBIDDEN, UNAUTHENTICATED, INSUFFICIENT_USER_AUTHENTICATION, USER_NOT_ACTIVE, INVALID_INPUT,
   * CERTIFICATE_NOT_SELECTABLE, CHANNEL_NOT_AVAILABLE, PROFILE_LIMIT_REACHED; WRONG_PROJECT_MODE where phones come by
   * themselves; INVALID_TRANSITION where what it replaces is over; CONFLICT for an idempotency key that was used for another
   * order; what {@link EnrolmentRecoveryService.choose} throws
   */
  async startFor(
    scope: ChangeScope,
    actor: UserActor | ClientActor,
    { userId, order }: { userId: UserId; order: Order },
  ): Promise<StartedEnrolment> {
    const user = await this.ports.users.getLocked(scope, userId);
    if (actor.kind === 'client') await this.ports.clients.requireStanding(scope, actor.apiClientId);
    await this.ports.users.requireAuthorityOver(scope, user);
    await this.ports.replacements.requireProof(scope, user, SUPPLYING, order);
    const project = await this.projectOf(scope, user, order);
    return this.start(scope, { orderer: ordererOf(actor), user, project, order, byHimself: false });
  }

  /**
   * An invitation by mail or text message, where the caller has judged that the actor may supply mobile IDs, and holds the row
   * lock of the user.
   * @param invited the order is the actor's own, unless another `orderer` is named
   * @throws DomainError as {@link startFor}
   */
  async invite(
    scope: ChangeScope,
    invited: { user: User; project: Project; channel: DeliveryChannel; orderer?: Orderer },
  ): Promise<Enrolment> {
    const { user, project, channel, orderer = ordererOf(scope.actor) } = invited;
    const { actor } = scope;
    if (actor.kind === 'client') await this.ports.clients.requireStanding(scope, actor.apiClientId);
    await this.ports.users.requireAuthorityOver(scope, user);
    const order = { projectId: project.id, channel };
    const placed = { orderer, user, project, order, byHimself: false };
    return (await this.start(scope, placed)).enrolment;
  }

  /** By mail or text message, as the project wants it first, or as `preferred`; undefined where neither reaches the user. */
  channelTo(
    project: Project,
    user: User,
    preferred?: DeliveryChannel | null,
  ): DeliveryChannel | undefined {
    const reaching = project.settings.channels.filter(
      (channel) => channel !== 'SCREEN' && this.reaches(project, user, channel),
    );
    return reaching.find((channel) => channel === preferred) ?? reaching[0];
  }

  private reaches(project: Project, user: User, channel: DeliveryChannel): boolean {
    try {
      return channelOf(project, user, { channel }, this.ports.sendsSms) === channel;
    } catch (refusal) {
      if (refusal instanceof DomainError) return false;
      throw refusal;
    }
  }

  /** An invitation as {@link invite} would store it, for who stores many, and has checked what it checks. */
  draft(
    scope: Scope,
    { user, project, channel }: { user: User; project: Project; channel: DeliveryChannel },
  ): Enrolment {
    const order = { projectId: project.id, channel };
    const placed = { orderer: ordererOf(scope.actor), user, project, order, byHimself: false };
    const digest = digestOf(user, project, order);
    return this.compose(scope, { ...placed, replacesProfileId: null }, digest);
  }

  private async start(scope: ChangeScope, placed: Placed): Promise<StartedEnrolment> {
    const { orderer, user, project, order, byHimself } = placed;
    requireMode(project, 'MANAGED');
    const digest = digestOf(user, project, order);
    const earlier = await this.earlier(scope, orderer, idempotencyKeyOf(order), digest);
    if (earlier !== undefined) return this.started(earlier);
    await this.ports.memberStandings.refuseOrder(scope, { userId: user.id, project, byHimself });
    const isSelfService = this.ports.selfService && project.settings.selfService;
    if (byHimself && !isSelfService) {
      throw new DomainError('PROVISIONING_DISABLED');
    }
    if (user.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    const { maxProfilesPerUser } = project.settings;
    const { replacements, profiles } = this.ports;
    const replacesProfileId = await replacements.replaced(scope, user, project.id, order);
    const holder = { userId: user.id, projectId: project.id, replacesProfileId };
    await profiles.refuseBeyondLimit(scope, holder, maxProfilesPerUser);
    const recovered = await this.ports.recoveries.choose(scope, {
      ...{ userId: user.id, project, byHimself },
      certificateIds: order.recoverCertificateIds ?? [],
      excludedCredentials: await replacements.excludedBy(scope, user, order),
    });
    const enrolment = this.compose(scope, { ...placed, replacesProfileId }, digest);
    await this.supersede(scope, enrolment);
    await scope.db.insert(Enrolment, enrolment);
    await this.ports.enrolments.storeCode(scope, enrolment.id, enrolment.generation);
    await this.ports.log.begin(scope, enrolment.id, enrolment.status);
    await this.ports.recoveries.bind(scope, enrolment.id, recovered);
    await invite(scope, this.ports.notifications, enrolment);
    await this.ports.audit.record(scope, {
      action: 'enrolment.start',
      target: `enrolment:${enrolment.id}`,
      detail: `user:${user.id} ${enrolment.certificates.join(' ')}${describeReplacement(order, replacesProfileId)}`,
    });
    return this.started(enrolment);
  }

  private started(enrolment: Enrolment): StartedEnrolment {
    return { enrolment, watchToken: this.ports.secrets.watchToken(enrolment.id) };
  }

  /** The project that the order names, or that of what it replaces, or the only one on offer. */
  private async projectOf(scope: Scope, user: User, order: Order): Promise<Project> {
    if (typeof order.projectId === 'string') {
      const id = parseId<ProjectId>(order.projectId);
      const project = id && (await this.ports.projects.find(scope, id));
      if (project === undefined) throw new DomainError('NOT_FOUND');
      return project;
    }
    const replaced = await this.ports.replacements.named(scope, user, order);
    if (replaced !== null) return this.ports.projects.get(scope, replaced.projectId);
    const [only, ...others] = await this.ports.memberStandings.offeredTo(scope, user.id);
    if (only === undefined) throw new DomainError('PROVISIONING_DISABLED');
    if (others.length > 0) {
      throw invalidInput('input.projectId', 'There are several offers: name one of them.');
    }
    return only;
  }

  /** The order that the same caller placed before with the same key; two at once wait for each other. */
  private async earlier(
    scope: ChangeScope,
    { id: orderedBy }: Orderer,
    key: string | null,
    digest: Buffer,
  ): Promise<Enrolment | undefined> {
    if (key === null || orderedBy === null) return undefined;
    await scope.sql(
      'ordering.serialize-key',
      'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))',
      [`enrolment ${orderedBy} ${key}`],
    );
    const found = await scope.db.findOneBy(Enrolment, {
      orderedBy,
      idempotencyKey: key,
    });
    if (found === null) return undefined;
    if (found.orderDigest?.equals(digest) !== true) {
      throw new DomainError('CONFLICT', {
        fields: [{ field: 'input.idempotencyKey', message: 'It was used for another order.' }],
      });
    }
    return found;
  }

  /** A newer order takes the place of what the user has not finished in this project. */
  private async supersede(scope: ChangeScope, { userId, projectId }: Enrolment): Promise<void> {
    const pending = await scope.sql<{ id: EnrolmentId }>(
      'ordering.lock-pending',
      `SELECT id FROM enrolment WHERE user_id = $1 AND project_id = $2
         AND status NOT IN ('ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED') FOR UPDATE`,
      [userId, projectId],
    );
    for (const { id } of pending) {
      await this.ports.log.move(scope, id, 'SUPERSEDED');
      await this.ports.audit.record(scope, {
        action: 'enrolment.supersede',
        target: `enrolment:${id}`,
      });
    }
  }

  private compose(
    scope: Scope,
    {
      orderer,
      user,
      project,
      order,
      replacesProfileId,
    }: Placed & { readonly replacesProfileId: ProfileId | null },
    orderDigest: Buffer,
  ): Enrolment {
    const { settings } = project;
    const channel = channelOf(project, user, order, this.ports.sendsSms);
    const expiresAt = after(scope.now, settings.enrolmentTtlSeconds);
    const certificates = certificatesOf(project, order);
    const ordered = validityOf(project, order);
    const days = { project: settings.validityDays, ordered };
    const { terms, validityDays } = agreeTerms(project.certificateProfiles, certificates, days);
    const isShown = channel === 'SCREEN' && order.isPrinted !== true;
    const ttl = isShown ? settings.codeTtlSeconds : settings.invitationTtlSeconds;
    return {
      id: newId(),
      projectId: project.id,
      userId: user.id,
      replacesProfileId,
      status: channel === 'SCREEN' ? 'WAITING_FOR_SCAN' : 'DELIVERING',
      certificates,
      archivesKeys: settings.recoverEncryptionCertificates,
      channel,
      delivery: channel === 'SCREEN' ? null : 'QUEUED',
      openedAt: null,
      confirmation: settings.confirmation,
      validityDays,
      certificateTerms: terms,
      profileLimit: settings.maxProfilesPerUser,
      ...this.ports.projects.namesFor(project, user),
      generation: 1,
      codeTtlSeconds: ttl,
      codeExpiresAt: earlierOf(after(scope.now, ttl), expiresAt),
      expiresAt,
      createdAt: scope.now,
      completedAt: null,
      lastEvent: 1,
      orderedBy: orderer.id,
      orderedInSession: orderer.sessionId,
      idempotencyKey: order.idempotencyKey ?? null,
      orderDigest,
      deviceId: null,
      deviceThumbprint: null,
      confirmationAttempts: 0,
      confirmationCountedAt: null,
      requestsDigest: null,
      profileId: null,
      failureCode: null,
    };
  }
}

function ordererOf(actor: Actor): Orderer {
  if (actor.kind === 'anonymous') throw new DomainError('UNAUTHENTICATED');
  return { id: actorIdOf(actor), sessionId: actor.kind === 'user' ? actor.sessionId : null };
}

function after(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

function earlierOf(a: Date, b: Date): Date {
  return a < b ? a : b;
}
