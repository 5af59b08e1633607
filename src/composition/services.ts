import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import {
  AccessRuleService,
  type PossibleAdministrator,
} from '../features/access/access-rule.service.js';
import { accessRuleChanged } from '../features/access/access-rule.events.js';
import { AccessResolver } from '../features/access/access.resolver.js';
import { AccessService } from '../features/access/access.service.js';
import { AuditResolver } from '../features/audit/audit.resolver.js';
import { AuditService } from '../features/audit/audit.service.js';
import { credentialRemoved } from '../features/authentication/authentication.events.js';
import { AuthenticationResolver } from '../features/authentication/authentication.resolver.js';
import { AttemptService } from '../features/authentication/attempt.service.js';
import { codeChannels } from '../features/authentication/one-time-codes/code-channel.service.js';
import { oneTimeCodeOptions } from '../features/authentication/one-time-codes/one-time-code-options.service.js';
import { OneTimeCodeProofService } from '../features/authentication/one-time-codes/one-time-code-proof.service.js';
import { OneTimeCodeResolver } from '../features/authentication/one-time-codes/one-time-code.resolver.js';
import { OneTimeCodeService } from '../features/authentication/one-time-codes/one-time-code.service.js';
import { PasswordLinkService } from '../features/authentication/password/password-link.service.js';
import { passwordOptions } from '../features/authentication/password/password-options.service.js';
import { PasswordSettingService } from '../features/authentication/password/password-setting.service.js';
import { PasswordSignInService } from '../features/authentication/password/password-sign-in.service.js';
import { PasswordResolver } from '../features/authentication/password/password.resolver.js';
import { ProofService } from '../features/authentication/proof.service.js';
import { SignInAnswers } from '../features/authentication/sign-in-answers.service.js';
import { SignInOptionsService } from '../features/authentication/sign-in-options.service.js';
import { CertificateAuthorityResolver } from '../features/certificates/certificate.resolver.js';
import { CertificateService } from '../features/certificates/certificate.service.js';
import type { CertificateAuthority } from '../features/certificates/x509/certificate-authority.js';
import { ActivationService } from '../features/enrolment/activation.service.js';
import { ClaimService } from '../features/enrolment/claim.service.js';
import { ConfirmationService } from '../features/enrolment/confirmation.service.js';
import { DeliveryService } from '../features/enrolment/delivery.service.js';
import { DeviceResolver } from '../features/enrolment/device.resolver.js';
import { EnrolmentFieldsResolver } from '../features/enrolment/enrolment-fields.resolver.js';
import { EnrolmentLog } from '../features/enrolment/enrolment-log.service.js';
import { EnrolmentSecrets } from '../features/enrolment/enrolment-secrets.js';
import { EnrolmentResolver } from '../features/enrolment/enrolment.resolver.js';
import { EnrolmentService } from '../features/enrolment/enrolment.service.js';
import { ExpiryService } from '../features/enrolment/expiry.service.js';
import { OffersService } from '../features/enrolment/offers.service.js';
import { OrderingService } from '../features/enrolment/ordering.service.js';
import { EnrolmentStatusResolver } from '../features/enrolment/status.resolver.js';
import { StatusService } from '../features/enrolment/status.service.js';
import { NotificationService } from '../features/notifications/notification.service.js';
import { DeviceService } from '../features/profiles/device.service.js';
import { ProfileResolver, UserProfilesResolver } from '../features/profiles/profile.resolver.js';
import { ProfileService } from '../features/profiles/profile.service.js';
import { ProjectResolver } from '../features/projects/project.resolver.js';
import { ProjectService } from '../features/projects/project.service.js';
import { QrCodeResolver } from '../features/qr/qr.resolver.js';
import { SessionService, type SessionTimeouts } from '../features/sessions/session.service.js';
import {
  administratorChanged,
  passwordChanged,
  userActivated,
  userAddressChanged,
  userCreated,
  userDeactivated,
  userLocked,
  userRolesChanged,
} from '../features/users/user.events.js';
import { UserResolver } from '../features/users/user.resolver.js';
import { UserService, type Administrator } from '../features/users/user.service.js';
import type { KeyRing } from '../kernel/secrets.js';
import type { EventBus } from '../platform/event-bus.js';
import { EventHandlers } from '../platform/event-handlers.js';
import { RateLimits } from '../platform/rate-limits.js';
import { UnitOfWork, type ChangeScope } from '../platform/scope.js';

/** What the services stand on. */
export interface Ground {
  readonly source: DataSource;
  /** Connections for the rate limits alone. */
  readonly counters: Pool;
  readonly keys: KeyRing;
  readonly bus: Pick<EventBus, 'listen'>;
  readonly authority: CertificateAuthority;
  readonly publicUrl: string;
  readonly sms: { readonly isOffered: boolean; readonly dailyLimit: number };
  readonly session: SessionTimeouts;
}

export type Services = ReturnType<typeof createServices>;

/** Composition by hand, lowest slice first. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Services is what it returns
export function createServices(ground: Ground) {
  const handlers = new EventHandlers<ChangeScope>();
  const work = new UnitOfWork(ground.source, handlers);
  const limits = new RateLimits(ground.counters, { 'sms-code/day': ground.sms.dailyLimit });
  const { keys, publicUrl } = ground;
  const audit = new AuditService();
  const notifications = new NotificationService();
  const users = new UserService(audit);
  const channels = codeChannels(notifications, ground.sms.isOffered);
  const oneTimeCodes = new OneTimeCodeService(keys, users, channels);
  const rules = new AccessRuleService(async (scope) =>
    (await users.activeAdministrators(scope)).map((user) => withMethods(user, oneTimeCodes)),
  );
  const options = new SignInOptionsService(users, [
    passwordOptions,
    oneTimeCodeOptions(oneTimeCodes, 'EMAIL_CODE'),
    oneTimeCodeOptions(oneTimeCodes, 'SMS_CODE'),
  ]);
  const access = new AccessService((scope) => options.of(scope));
  const certificates = new CertificateService(ground.authority);
  const projects = new ProjectService(audit);
  const sessions = new SessionService(ground.session);
  const profiles = new ProfileService(certificates);
  const devices = new DeviceService();
  const passwordLinks = new PasswordLinkService({ keys, users, notifications, audit, publicUrl });
  const attempts = new AttemptService(limits);
  const proofs = new ProofService(sessions, audit);
  const answers = new SignInAnswers(work, users);
  const proving = { work, users, sessions, limits, audit, attempts, proofs, answers };
  const low = { work, limits, audit, notifications, users, certificates, projects, profiles };
  const secrets = new EnrolmentSecrets(keys);
  const log = new EnrolmentLog();
  const enrolments = new EnrolmentService({ log, secrets, notifications, audit });
  const own = { ...low, log, secrets, enrolments, devices, publicUrl };
  const services = {
    ...own,
    access,
    rules,
    options,
    sessions,
    oneTimeCodes,
    passwordLinks,
    answers,
    codeProofs: new OneTimeCodeProofService({ ...proving, oneTimeCodes }),
    passwords: new PasswordSettingService({ ...proving, passwordLinks }),
    passwordSignIn: new PasswordSignInService(proving),
    offers: new OffersService(projects, enrolments, access),
    ordering: new OrderingService(own),
    claims: new ClaimService(own),
    activations: new ActivationService(own),
    confirmations: new ConfirmationService(own),
    delivery: new DeliveryService(own),
    expiry: new ExpiryService(log, audit),
    status: new StatusService(enrolments, log, ground.bus),
  };
  registerHandlers(handlers, services);
  return services;
}

/** The proofs that an administrator could give, whether or not he has given them. */
function withMethods(user: Administrator, codes: OneTimeCodeService): PossibleAdministrator {
  const { roles, groups, hasPassword } = user;
  const methods = [
    ...(hasPassword ? (['PASSWORD'] as const) : []),
    ...(['EMAIL_CODE', 'SMS_CODE'] as const).filter((code) => codes.addressOf(code, user) !== null),
  ];
  return { roles, groups, methods: methods.map((method) => ({ method, provider: null })) };
}

/** Calls upward: what a change in a lower slice means for the higher ones, in the same transaction. */
function registerHandlers(
  handlers: EventHandlers<ChangeScope>,
  services: Pick<
    Services,
    | 'audit'
    | 'rules'
    | 'sessions'
    | 'oneTimeCodes'
    | 'passwordLinks'
    | 'notifications'
    | 'enrolments'
    | 'profiles'
  >,
): void {
  const { audit, rules, sessions, oneTimeCodes, passwordLinks, enrolments, profiles } = services;
  handlers.on(accessRuleChanged, (scope, event) => audit.recordRuleChange(scope, event));
  handlers.on(administratorChanged, (scope) => rules.requireAdministrator(scope));
  handlers.on(credentialRemoved, async (scope, { userId, ...proof }) => {
    await sessions.forgetEvidence(scope, userId, proof);
    await rules.requireAdministrator(scope);
  });
  handlers.on(userRolesChanged, async (scope, { userId }) => {
    await sessions.rejudgeAllOf(scope, userId);
    await enrolments.cancelOrdersBetween(scope, userId);
  });
  handlers.on(userLocked, async (scope, { userId }) => {
    await oneTimeCodes.voidAllOf(scope, userId);
    await passwordLinks.voidAllOf(scope, userId);
    await sessions.endAllOf(scope, userId);
    await enrolments.cancelAllOf(scope, userId);
    await profiles.revokeAllOf(scope, userId);
  });
  handlers.on(userDeactivated, async (scope, { userId }) => {
    await oneTimeCodes.voidAllOf(scope, userId);
    await passwordLinks.voidAllOf(scope, userId);
    await sessions.endAllOf(scope, userId);
    await enrolments.cancelAllOf(scope, userId);
    await profiles.deactivateAllOf(scope, userId);
  });
  handlers.on(userActivated, async (scope, { userId }) => {
    await profiles.reactivateAllOf(scope, userId);
    await passwordLinks.inviteAgain(scope, userId);
  });
  handlers.on(userCreated, async (scope, { userId, awaitsPassword }) => {
    if (awaitsPassword) await passwordLinks.invite(scope, userId);
  });
  handlers.on(userAddressChanged, async (scope, { userId, what }) => {
    const method = what === 'email' ? 'EMAIL_CODE' : 'SMS_CODE';
    await oneTimeCodes.voidAllOf(scope, userId, method);
    await sessions.forgetEvidence(scope, userId, { method });
    await enrolments.cancelInvitationsOf(scope, userId);
    if (what !== 'email') return;
    await passwordLinks.voidAllOf(scope, userId);
    await passwordLinks.inviteAgain(scope, userId);
  });
  handlers.on(passwordChanged, async (scope, { userId, keptSession }) => {
    await oneTimeCodes.voidAllOf(scope, userId);
    await passwordLinks.voidAllOf(scope, userId);
    await sessions.endAllOf(scope, userId, keptSession ?? undefined);
    await sessions.forgetEvidence(scope, userId, { method: 'PASSWORD' });
    await enrolments.cancelInvitationsOf(scope, userId);
    await services.notifications.notify(scope, 'PASSWORD_CHANGED', userId);
  });
}

export function createResolvers(services: Services): readonly [object, ...object[]] {
  const { work, users, projects, profiles, certificates, enrolments } = services;
  return [
    new AccessResolver(work, services.access, services.rules),
    new AuditResolver(work, services.audit),
    new AuthenticationResolver(services),
    new CertificateAuthorityResolver(certificates),
    new DeviceResolver(services.claims, services.activations),
    new EnrolmentFieldsResolver(services),
    new EnrolmentResolver(services),
    new EnrolmentStatusResolver(work, enrolments, services.status),
    new OneTimeCodeResolver(services.answers, services.codeProofs),
    new PasswordResolver(services.answers, services.passwordSignIn, services.passwords),
    new ProfileResolver(services),
    new ProjectResolver(work, projects),
    new QrCodeResolver(),
    new UserProfilesResolver(work, profiles, services.access),
    new UserResolver(work, users),
  ];
}
