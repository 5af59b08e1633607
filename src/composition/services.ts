import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { AccessExplanationService } from '../features/access/access-explanation.service.js';
import {
  AccessRuleService,
  type CredentialSource,
} from '../features/access/access-rule.service.js';
import { accessRuleChanged } from '../features/access/access-rule.events.js';
import { AccessResolver } from '../features/access/access.resolver.js';
import { AccessRuleResolver } from '../features/access/access-rule.resolver.js';
import { AccessService } from '../features/access/access.service.js';
import { ResourceRegistry } from '../features/access/resource-registry.service.js';
import { AuditResolver } from '../features/audit/audit.resolver.js';
import { AuditService } from '../features/audit/audit.service.js';
import { credentialRemoved } from '../features/authentication/authentication.events.js';
import { AuthenticationResolver } from '../features/authentication/authentication.resolver.js';
import { AttemptService } from '../features/authentication/attempt.service.js';
import { EmailCodeProofService } from '../features/authentication/one-time-codes/email-code-proof.service.js';
import { EmailCodeService } from '../features/authentication/one-time-codes/email-code.service.js';
import { emailCodeOptions } from '../features/authentication/one-time-codes/one-time-code-options.service.js';
import { OneTimeCodeResolver } from '../features/authentication/one-time-codes/one-time-code.resolver.js';
import { passwordOptions } from '../features/authentication/password/password-options.service.js';
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
  userActivated,
  userAddressChanged,
  userDeactivated,
  userLocked,
  userRolesChanged,
} from '../features/users/user.events.js';
import { UserResolver } from '../features/users/user.resolver.js';
import { UserService } from '../features/users/user.service.js';
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
  readonly session: SessionTimeouts;
}

export type Services = ReturnType<typeof createServices>;

/** Composition by hand, lowest slice first. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Services is what it returns
export function createServices(ground: Ground) {
  const handlers = new EventHandlers<ChangeScope>();
  const work = new UnitOfWork(ground.source, handlers);
  const limits = new RateLimits(ground.counters);
  const { keys, publicUrl } = ground;
  const audit = new AuditService();
  const notifications = new NotificationService();
  const users = new UserService(audit);
  const resources = new ResourceRegistry();
  const credentials: readonly CredentialSource[] = [
    (scope, ids) => users.credentialsOf(scope, ids),
  ];
  const rules = new AccessRuleService({
    administrators: (scope) => users.activeAdministrators(scope),
    credentials,
    resources,
    providerExists: () => Promise.resolve(false), // there are none yet
  });
  const options = new SignInOptionsService(users, [passwordOptions, emailCodeOptions]);
  const access = new AccessService((scope) => options.of(scope));
  const explanations = new AccessExplanationService({
    access,
    rules,
    resources,
    findUser: (scope, id) => users.find(scope, id),
    findClient: () => Promise.resolve(undefined), // there are none yet
  });
  const certificates = new CertificateService(ground.authority);
  const projects = new ProjectService(audit);
  const sessions = new SessionService(ground.session);
  const profiles = new ProfileService(certificates);
  const devices = new DeviceService();
  const emailCodes = new EmailCodeService(keys, users, notifications);
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
    resources,
    explanations,
    options,
    sessions,
    emailCodes,
    answers,
    emailCodeProofs: new EmailCodeProofService({ ...proving, emailCodes }),
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

/** Calls upward: what a change in a lower slice means for the higher ones, in the same transaction. */
function registerHandlers(
  handlers: EventHandlers<ChangeScope>,
  services: Pick<
    Services,
    'audit' | 'rules' | 'sessions' | 'emailCodes' | 'enrolments' | 'profiles'
  >,
): void {
  const { audit, rules, sessions, emailCodes, enrolments, profiles } = services;
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
    await sessions.endAllOf(scope, userId);
    await emailCodes.voidAllOf(scope, userId);
    await enrolments.cancelAllOf(scope, userId);
    await profiles.revokeAllOf(scope, userId);
  });
  handlers.on(userDeactivated, async (scope, { userId }) => {
    await sessions.endAllOf(scope, userId);
    await emailCodes.voidAllOf(scope, userId);
    await enrolments.cancelAllOf(scope, userId);
    await profiles.deactivateAllOf(scope, userId);
  });
  handlers.on(userActivated, async (scope, { userId }) => {
    await profiles.reactivateAllOf(scope, userId);
  });
  handlers.on(userAddressChanged, async (scope, { userId, what }) => {
    if (what !== 'email') return;
    await emailCodes.voidAllOf(scope, userId);
    await sessions.forgetEvidence(scope, userId, { method: 'EMAIL_CODE' });
    await enrolments.cancelInvitationsOf(scope, userId);
  });
}

export function createResolvers(services: Services): readonly [object, ...object[]] {
  const { work, users, projects, profiles, certificates, enrolments } = services;
  return [
    new AccessResolver(services),
    new AccessRuleResolver(work, services.rules),
    new AuditResolver(work, services.audit),
    new AuthenticationResolver(services),
    new CertificateAuthorityResolver(certificates),
    new DeviceResolver(services.claims, services.activations),
    new EnrolmentFieldsResolver(services),
    new EnrolmentResolver(services),
    new EnrolmentStatusResolver(work, enrolments, services.status),
    new OneTimeCodeResolver(services.answers, services.emailCodeProofs),
    new PasswordResolver(services.answers, services.passwordSignIn),
    new ProfileResolver(services),
    new ProjectResolver(work, projects),
    new QrCodeResolver(),
    new UserProfilesResolver(work, profiles, services.access),
    new UserResolver(work, users),
  ];
}
