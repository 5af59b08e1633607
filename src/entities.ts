import { AccessPolicyEntity } from './features/access/access-policy.entity.js';
import { AccessRuleEntity } from './features/access/access-rule.entity.js';
import { AuditEntryEntity } from './features/audit/audit-entry.entity.js';
import { EmailCode } from './features/authentication/one-time-codes/email-code.entity.js';
import { IdentityProviderEntity } from './features/authentication/saml/providers/identity-provider.entity.js';
import {
  SamlIdentity,
  SamlKey,
  SamlMessage,
  SamlRequest,
  SamlSession,
} from './features/authentication/saml/saml.entity.js';
import { Authority } from './features/certificates/authority.entity.js';
import { Certificate } from './features/certificates/certificate.entity.js';
import { Enrolment, EnrolmentCode, EnrolmentEvent } from './features/enrolment/enrolment.entity.js';
import { Device } from './features/profiles/device.entity.js';
import { Profile } from './features/profiles/profile.entity.js';
import { ProjectEntity } from './features/projects/project.entity.js';
import { Session, SessionEvidence } from './features/sessions/session.entity.js';
import { UserEntity } from './features/users/user.entity.js';
import { Initial1795291418159 } from './migrations/1795291418159-Initial.js';
import { IdentityProviders1795400100000 } from './migrations/1795400100000-IdentityProviders.js';
import { RateLimit } from './platform/rate-limit.entity.js';
import type { DatabaseSchema } from './platform/database.js';

/** Every table of Signet's, and the way to it. The outbox's tables belong to graphile-worker. */
export const databaseSchema: DatabaseSchema = {
  entities: [
    AccessPolicyEntity,
    AccessRuleEntity,
    AuditEntryEntity,
    Authority,
    Certificate,
    Device,
    EmailCode,
    Enrolment,
    EnrolmentCode,
    EnrolmentEvent,
    IdentityProviderEntity,
    Profile,
    ProjectEntity,
    RateLimit,
    SamlIdentity,
    SamlKey,
    SamlMessage,
    SamlRequest,
    SamlSession,
    Session,
    SessionEvidence,
    UserEntity,
  ],
  migrations: [Initial1795291418159, IdentityProviders1795400100000],
};
