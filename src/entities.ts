import { AccessPolicyEntity } from './features/access/access-policy.entity.js';
import { AccessRuleEntity } from './features/access/access-rule.entity.js';
import { AuditEntryEntity } from './features/audit/audit-entry.entity.js';
import { OneTimeCode } from './features/authentication/one-time-codes/one-time-code.entity.js';
import { PasswordLink } from './features/authentication/password/password-link.entity.js';
import { Authority } from './features/certificates/authority.entity.js';
import { Certificate } from './features/certificates/certificate.entity.js';
import { Enrolment, EnrolmentCode, EnrolmentEvent } from './features/enrolment/enrolment.entity.js';
import { Device } from './features/profiles/device.entity.js';
import { Profile } from './features/profiles/profile.entity.js';
import { ProjectEntity } from './features/projects/project.entity.js';
import { Session, SessionEvidence } from './features/sessions/session.entity.js';
import { UserEntity } from './features/users/user.entity.js';
import { Initial1795291418159 } from './migrations/1795291418159-Initial.js';
import { OneTimeCodes1795400500000 } from './migrations/1795400500000-OneTimeCodes.js';
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
    Enrolment,
    EnrolmentCode,
    EnrolmentEvent,
    OneTimeCode,
    PasswordLink,
    Profile,
    ProjectEntity,
    RateLimit,
    Session,
    SessionEvidence,
    UserEntity,
  ],
  migrations: [Initial1795291418159, OneTimeCodes1795400500000],
};
