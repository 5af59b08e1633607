import { AccessRuleResolver } from '../features/access/rules/access-rule.resolver.js';
import { AccessResolver } from '../features/access/access.resolver.js';
import { ApiClientResolver } from '../features/api-clients/api-client.resolver.js';
import { ScimTokenResolver } from '../features/api-clients/scim-tokens/scim-token.resolver.js';
import {
  AssignedIdEventFieldsResolver,
  AssignedIdFieldsResolver,
  ProfileAssignedIdResolver,
  ProjectAssignedIdsResolver,
} from '../features/assigned-ids/assigned-id-fields.resolver.js';
import { AssignedIdStreamResolver } from '../features/assigned-ids/assigned-id-stream.resolver.js';
import { AssignedIdResolver } from '../features/assigned-ids/assigned-id.resolver.js';
import { DeviceReportResolver } from '../features/assigned-ids/sightings/device-report.resolver.js';
import { AuditResolver } from '../features/audit/audit.resolver.js';
import { AuthenticationResolver } from '../features/authentication/authentication.resolver.js';
import { ClientCertificateResolver } from '../features/authentication/client-certificates/client-certificate.resolver.js';
import { MethodLockResolver } from '../features/authentication/method-lock.resolver.js';
import { MobileIdDeviceResolver } from '../features/authentication/mobile-id/mobile-id-device.resolver.js';
import { MobileIdResolver } from '../features/authentication/mobile-id/mobile-id.resolver.js';
import { OneTimeCodeResolver } from '../features/authentication/one-time-codes/one-time-code.resolver.js';
import { PasskeyResolver } from '../features/authentication/passkeys/passkey.resolver.js';
import { PasswordResolver } from '../features/authentication/password/password.resolver.js';
import { IdentityProviderResolver } from '../features/authentication/saml/providers/identity-provider.resolver.js';
import { TotpResolver } from '../features/authentication/totp/totp.resolver.js';
import { CertificateAuthorityResolver } from '../features/certificates/certificate.resolver.js';
import { EnrolmentBatchResolver } from '../features/enrolment/batch/enrolment-batch.resolver.js';
import { DeviceResolver } from '../features/enrolment/device/device.resolver.js';
import { EnrolmentFieldsResolver } from '../features/enrolment/enrolment-fields.resolver.js';
import { EnrolmentResolver } from '../features/enrolment/enrolment.resolver.js';
import {
  EnrolmentInvitationResolver,
  InvitationResolver,
} from '../features/enrolment/invitations/invitation.resolver.js';
import {
  KeyRecoveryApprovalResolver,
  KeyRecoveryResolver,
} from '../features/enrolment/recovery/key-recovery.resolver.js';
import { RenewalResolver } from '../features/enrolment/renewal/renewal.resolver.js';
import { ProjectEnrolmentsResolver } from '../features/enrolment/status/project-enrolments.resolver.js';
import { EnrolmentStatusResolver } from '../features/enrolment/status/status.resolver.js';
import { MemberResolver, ProjectMembersResolver } from '../features/members/member.resolver.js';
import { MessageResolver } from '../features/notifications/messages/message.resolver.js';
import { ProfileControlResolver } from '../features/profiles/profile-control.resolver.js';
import { ProfileResolver, UserProfilesResolver } from '../features/profiles/profile.resolver.js';
import { InvitationPreviewResolver } from '../features/projects/invitation-preview.resolver.js';
import { ProjectResolver } from '../features/projects/project.resolver.js';
import {
  AppLinkResolver,
  ProjectSelfRegistrationResolver,
  SelfRegistrationResolver,
} from '../features/projects/self-registration/self-registration.resolver.js';
import { QrCodeResolver } from '../features/qr/qr.resolver.js';
import { SessionResolver } from '../features/sessions/session.resolver.js';
import { UserImportResolver } from '../features/members/import/user-import.resolver.js';
import { UserResolver } from '../features/users/user.resolver.js';
import { WebhookResolver } from '../features/webhooks/webhook.resolver.js';
import type { Services } from './services/services.js';

/** Every resolver class of the schema, over the services. */
export function createResolvers(services: Services): readonly [object, ...object[]] {
  const { work, users, projects, profiles, enrolments } = services;
  return [
    new AccessResolver(services),
    new AccessRuleResolver(work, services.rules),
    new AppLinkResolver(),
    new ApiClientResolver(work, services.clients),
    new AssignedIdEventFieldsResolver(services),
    new AssignedIdFieldsResolver(services),
    new AssignedIdResolver(services),
    new AssignedIdStreamResolver(work, services.assignedIdStreams),
    new AuditResolver(work, services.audit),
    new AuthenticationResolver(services),
    new CertificateAuthorityResolver(services.issuance),
    new ClientCertificateResolver(services),
    new DeviceReportResolver(services.deviceReports),
    new DeviceResolver(services.claims, services.activations, services.invitationsOpened),
    new EnrolmentBatchResolver(services),
    new EnrolmentFieldsResolver(services),
    new EnrolmentInvitationResolver(work, services.invitations),
    new EnrolmentResolver(services),
    new EnrolmentStatusResolver(work, enrolments, services.status),
    new IdentityProviderResolver(work, services.identityProviders),
    new InvitationResolver(services),
    new KeyRecoveryApprovalResolver(work, users),
    new KeyRecoveryResolver(services),
    new InvitationPreviewResolver(services),
    new MemberResolver(services),
    new MessageResolver(services),
    new MethodLockResolver(work, services.methodLocks),
    new MobileIdDeviceResolver(services.mobileIdAnswers),
    new MobileIdResolver(services),
    new OneTimeCodeResolver(services.answers, services.codeProofs),
    new PasskeyResolver(services),
    new PasswordResolver(services.answers, services.passwordSignIn, services.passwords),
    new ProfileAssignedIdResolver(services),
    new ProfileControlResolver(services),
    new ProfileResolver(services),
    new ProjectAssignedIdsResolver(services),
    new ProjectEnrolmentsResolver(work, services.projectEnrolments),
    new ProjectMembersResolver(work, services.members),
    new ProjectResolver(work, projects, services.selfRegistrations),
    new ProjectSelfRegistrationResolver(services),
    new QrCodeResolver(),
    new RenewalResolver(services),
    new ScimTokenResolver(work, services.scimTokens),
    new SelfRegistrationResolver(services),
    new SessionResolver(work, services.sessionControl),
    new TotpResolver(services.answers, services.totpProofs),
    new UserProfilesResolver(work, profiles, services.access),
    new UserImportResolver(services),
    new UserResolver(work, users),
    new WebhookResolver(services),
  ];
}
