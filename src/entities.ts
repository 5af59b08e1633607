import { AccessPolicyEntity } from './features/access/access-policy.entity.js';
import { AccessRuleEntity } from './features/access/access-rule.entity.js';
import { AuditEntryEntity } from './features/audit/audit-entry.entity.js';
import { ClientCertificate } from './features/authentication/client-certificates/client-certificate.entity.js';
import { MobileIdProof } from './features/authentication/mobile-id/mobile-id-proof.entity.js';
import { EmailCode } from './features/authentication/one-time-codes/email-code.entity.js';
import { Authority } from './features/certificates/authority.entity.js';
import { Certificate } from './features/certificates/certificate.entity.js';
import { Enrolment, EnrolmentCode, EnrolmentEvent } from './features/enrolment/enrolment.entity.js';
import { Device } from './features/profiles/device.entity.js';
import { Profile } from './features/profiles/profile.entity.js';
import { ProjectEntity } from './features/projects/project.entity.js';
import { Session, SessionEvidence } from './features/sessions/session.entity.js';
import { UserEntity } from './features/users/user.entity.js';
import { Initial1795291418159 } from './migrations/1795291418159-Initial.js';
import { MobileIdProofs1795400700000 } from './migrations/1795400700000-MobileIdProofs.js';
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
    ClientCertificate,
    Device,
    EmailCode,
    Enrolment,
    EnrolmentCode,
    EnrolmentEvent,
    MobileIdProof,
    Profile,
    ProjectEntity,
    RateLimit,
    Session,
    SessionEvidence,
    UserEntity,
  ],
  migrations: [Initial1795291418159, MobileIdProofs1795400700000],
};
