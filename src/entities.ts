import { AccessPolicyEntity } from './features/access/access-policy.entity.js';
import { AccessRuleEntity } from './features/access/rules/access-rule.entity.js';
import { AccessRuleVersionEntity } from './features/access/rules/access-rule-version.entity.js';
import {
  ApiClientAddressEntity,
  ApiClientEntity,
  ApiClientSecretEntity,
} from './features/api-clients/api-client.entity.js';
import { ScimTokenEntity } from './features/api-clients/scim-tokens/scim-token.entity.js';
import { OAuthAssertion, OAuthSigningKey } from './features/api-clients/oauth.entity.js';
import {
  AssignedIdEntity,
  AssignedIdEventEntity,
} from './features/assigned-ids/assigned-id.entity.js';
import { AuditEntryEntity } from './features/audit/audit-entry.entity.js';
import { AuditSealEntity } from './features/audit/audit-seal.entity.js';
import { ProofAttempt } from './features/authentication/proof-attempt.entity.js';
import { ClientCertificate } from './features/authentication/client-certificates/client-certificate.entity.js';
import { MobileIdProof } from './features/authentication/mobile-id/mobile-id-proof.entity.js';
import { OneTimeCode } from './features/authentication/one-time-codes/one-time-code.entity.js';
import { Message } from './features/notifications/messages/message.entity.js';
import { PasswordLink } from './features/authentication/password/password-link.entity.js';
import {
  PasskeyChallenge,
  PasskeyEntity,
} from './features/authentication/passkeys/passkey.entity.js';
import { TotpAuthenticatorEntity } from './features/authentication/totp/totp-authenticator.entity.js';
import { IdentityProviderEntity } from './features/authentication/saml/providers/identity-provider.entity.js';
import {
  SamlIdentity,
  SamlKey,
  SamlMessage,
  SamlRequest,
  SamlSession,
} from './features/authentication/saml/saml.entity.js';
import { Authority } from './features/certificates/authorities/authority.entity.js';
import { Certificate } from './features/certificates/certificate.entity.js';
import {
  OcspSignerEntity,
  RevocationChange,
  RevocationList,
} from './features/certificates/revocation/revocation.entity.js';
import { Enrolment, EnrolmentCode, EnrolmentEvent } from './features/enrolment/enrolment.entity.js';
import {
  EnrolmentBatchEntity,
  EnrolmentBatchItem,
} from './features/enrolment/batch/enrolment-batch.entity.js';
import { WrappedKey } from './features/enrolment/keys/key-delivery.entity.js';
import { EstAnswer } from './features/enrolment/est/est-answer.entity.js';
import { LogEpoch } from './features/events/log-epoch.entity.js';
import {
  ArchivedKey,
  RecoveryKey,
} from './features/certificates/key-archive/key-archive.entity.js';
import { RecoveredCertificate } from './features/certificates/key-archive/recovered-certificate.entity.js';
import {
  EnrolmentRecovery,
  KeyRecovery,
  KeyRecoveryApproval,
  PreparedKey,
} from './features/enrolment/recovery/key-recovery.entity.js';
import { ExpiryReminder, Renewal } from './features/enrolment/renewal/renewal.entity.js';
import { UserImportRow } from './features/members/import/user-import.entity.js';
import { ProjectMemberEntity } from './features/members/member.entity.js';
import { Device } from './features/profiles/device.entity.js';
import { Profile } from './features/profiles/profile.entity.js';
import {
  ActivationCodeEntity,
  SelfRegistrationEntity,
} from './features/projects/self-registration/self-registration.entity.js';
import { ActivationClaim } from './features/enrolment/self-registration/activation-claim.entity.js';
import { ProjectEntity } from './features/projects/project.entity.js';
import {
  ScimGroupEntity,
  ScimGroupMemberEntity,
  ScimUserEntity,
} from './features/scim/scim.entity.js';
import { Session, SessionEvidence } from './features/sessions/session.entity.js';
import { UserEntity } from './features/users/user.entity.js';
import {
  ProfileEvent,
  WebhookDeliveryEntity,
  WebhookEndpointEntity,
  WebhookPositionEntity,
  WebhookSecretEntity,
} from './features/webhooks/webhook.entity.js';
import { Initial1795291418159 } from './migrations/1795291418159-Initial.js';
import { RuleVersions1795400300000 } from './migrations/1795400300000-RuleVersions.js';
import { Announcements1795400400000 } from './migrations/1795400400000-Announcements.js';
import { AuthorityGenerations1795500800000 } from './migrations/1795500800000-AuthorityGenerations.js';
import { EnrolmentBatches1795600350000 } from './migrations/1795600350000-EnrolmentBatches.js';
import { ProjectMembers1795600500000 } from './migrations/1795600500000-ProjectMembers.js';
import { ProjectStreams1795600300000 } from './migrations/1795600300000-ProjectStreams.js';
import { ProfileChanges1795500100000 } from './migrations/1795500100000-ProfileChanges.js';
import { CertificateProfiles1795500400000 } from './migrations/1795500400000-CertificateProfiles.js';
import { EnrolmentDelivery1795600000000 } from './migrations/1795600000000-EnrolmentDelivery.js';
import { Scim1795600800000 } from './migrations/1795600800000-Scim.js';
import { ScimTokens1795600900000 } from './migrations/1795600900000-ScimTokens.js';
import { SelfRegistration1795600100000 } from './migrations/1795600100000-SelfRegistration.js';
import { UserImports1795600600000 } from './migrations/1795600600000-UserImports.js';
import { Renewal1795500600000 } from './migrations/1795500600000-Renewal.js';
import { Webhooks1795600700000 } from './migrations/1795600700000-Webhooks.js';
import { Announcement } from './platform/event-bus/announcement.entity.js';
import { OneTimeCodes1795400500000 } from './migrations/1795400500000-OneTimeCodes.js';
import { TotpAndPasskeys1795400600000 } from './migrations/1795400600000-TotpAndPasskeys.js';
import { MobileIdProofs1795400700000 } from './migrations/1795400700000-MobileIdProofs.js';
import { Revocation1795500200000 } from './migrations/1795500200000-Revocation.js';
import { Est1795500700000 } from './migrations/1795500700000-Est.js';
import { KeyArchive1795500300000 } from './migrations/1795500300000-KeyArchive.js';
import { ApiClients1795400200000 } from './migrations/1795400200000-ApiClients.js';
import { IdentityProviders1795400100000 } from './migrations/1795400100000-IdentityProviders.js';
import { AssignedIds1795600200000 } from './migrations/1795600200000-AssignedIds.js';
import { AssignedIdEvents1795600320000 } from './migrations/1795600320000-AssignedIdEvents.js';
import { AuditChain1795500500000 } from './migrations/1795500500000-AuditChain.js';
import { Messages1795600400000 } from './migrations/1795600400000-Messages.js';
import { RateLimit } from './platform/rate-limit.entity.js';
import type { DatabaseSchema } from './platform/database/database.js';

/** Every table of Signet's, and the way to it. The outbox's tables belong to graphile-worker. */
export const databaseSchema: DatabaseSchema = {
  entities: [
    AccessPolicyEntity,
    AccessRuleEntity,
    AccessRuleVersionEntity,
    Announcement,
    ActivationClaim,
    ActivationCodeEntity,
    ApiClientAddressEntity,
    ApiClientEntity,
    ApiClientSecretEntity,
    ArchivedKey,
    AssignedIdEntity,
    AssignedIdEventEntity,
    AuditEntryEntity,
    AuditSealEntity,
    Authority,
    Certificate,
    ClientCertificate,
    Device,
    Enrolment,
    EnrolmentBatchEntity,
    EnrolmentBatchItem,
    EnrolmentCode,
    EnrolmentEvent,
    EstAnswer,
    EnrolmentRecovery,
    KeyRecovery,
    KeyRecoveryApproval,
    ExpiryReminder,
    LogEpoch,
    OneTimeCode,
    PasswordLink,
    PasskeyChallenge,
    PasskeyEntity,
    Message,
    MobileIdProof,
    OAuthAssertion,
    OAuthSigningKey,
    OcspSignerEntity,
    IdentityProviderEntity,
    PreparedKey,
    Profile,
    ProfileEvent,
    ProjectEntity,
    ProjectMemberEntity,
    ProofAttempt,
    RateLimit,
    RevocationChange,
    RevocationList,
    RecoveredCertificate,
    RecoveryKey,
    Renewal,
    SamlIdentity,
    SamlKey,
    SamlMessage,
    SamlRequest,
    SamlSession,
    ScimGroupEntity,
    ScimGroupMemberEntity,
    ScimTokenEntity,
    ScimUserEntity,
    SelfRegistrationEntity,
    Session,
    SessionEvidence,
    TotpAuthenticatorEntity,
    UserEntity,
    UserImportRow,
    WebhookDeliveryEntity,
    WebhookEndpointEntity,
    WebhookPositionEntity,
    WebhookSecretEntity,
    WrappedKey,
  ],
  migrations: [
    Initial1795291418159,
    IdentityProviders1795400100000,
    ApiClients1795400200000,
    RuleVersions1795400300000,
    Announcements1795400400000,
    OneTimeCodes1795400500000,
    TotpAndPasskeys1795400600000,
    MobileIdProofs1795400700000,
    AuditChain1795500500000,
    AuthorityGenerations1795500800000,
    ProfileChanges1795500100000,
    CertificateProfiles1795500400000,
    Revocation1795500200000,
    Est1795500700000,
    KeyArchive1795500300000,
    Renewal1795500600000,
    EnrolmentDelivery1795600000000,
    SelfRegistration1795600100000,
    AssignedIds1795600200000,
    ProjectStreams1795600300000,
    AssignedIdEvents1795600320000,
    EnrolmentBatches1795600350000,
    Messages1795600400000,
    ProjectMembers1795600500000,
    UserImports1795600600000,
    Webhooks1795600700000,
    Scim1795600800000,
    ScimTokens1795600900000,
  ],
};
