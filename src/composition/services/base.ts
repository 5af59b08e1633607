import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { ApiClientService } from '../../features/api-clients/api-client.service.js';
import { ScimTokenService } from '../../features/api-clients/scim-tokens/scim-token.service.js';
import { AssignedIdService } from '../../features/assigned-ids/assigned-id.service.js';
import { AuditSealService } from '../../features/audit/audit-seal.service.js';
import { AuditService } from '../../features/audit/audit.service.js';
import { CertificateService } from '../../features/certificates/certificate.service.js';
import { IssuanceService } from '../../features/certificates/issuance.service.js';
import { AuthorityDirectory } from '../../features/certificates/authorities/authority-directory.service.js';
import { OcspSignerService } from '../../features/certificates/revocation/ocsp-signer.service.js';
import { ResponderService } from '../../features/certificates/revocation/responder.service.js';
import { RevocationListService } from '../../features/certificates/revocation/revocation-list.service.js';
import {
  KeyArchiveService,
  type RecoveryKeys,
} from '../../features/certificates/key-archive/key-archive.service.js';
import { RecoveredCertificateService } from '../../features/certificates/key-archive/recovered-certificate.service.js';
import { MemberBulkService } from '../../features/members/member-bulk.service.js';
import { MemberListService } from '../../features/members/member-list.service.js';
import {
  MemberStandingService,
  usersOfProjects,
} from '../../features/members/member-standing.service.js';
import { MemberService } from '../../features/members/member.service.js';
import { ProjectStreamService } from '../../features/events/project-stream.service.js';
import { MessageQueue } from '../../features/notifications/messages/message-queue.service.js';
import { MessageService } from '../../features/notifications/messages/message.service.js';
import { NotificationService } from '../../features/notifications/notification.service.js';
import { AuthenticationKeyService } from '../../features/profiles/authentication-key.service.js';
import { DeviceService } from '../../features/profiles/device.service.js';
import { ProfileService } from '../../features/profiles/profile.service.js';
import { InvitationPreviewService } from '../../features/projects/invitation-preview.service.js';
import { ProjectService } from '../../features/projects/project.service.js';
import { ActivationCodes } from '../../features/projects/self-registration/activation-codes.js';
import { ActivationSheetService } from '../../features/projects/self-registration/activation-sheet.service.js';
import { SelfRegistrationService } from '../../features/projects/self-registration/self-registration.service.js';
import { SessionControl } from '../../features/sessions/session-control.service.js';
import { SessionService, type SessionTimeouts } from '../../features/sessions/session.service.js';
import { FirstAdministratorService } from '../../features/users/first-administrator.service.js';
import { UserBulkService } from '../../features/users/user-bulk.service.js';
import { UserPasswordService } from '../../features/users/user-password.service.js';
import { UserService } from '../../features/users/user.service.js';
import type { Language } from '../../kernel/language.js';
import type { KeyRing } from '../../kernel/secrets.js';
import type { EventBus } from '../../platform/event-bus/event-bus.js';
import { EventHandlers } from '../../platform/event-handlers.js';
import type { Horizon } from '../../platform/database/horizon.js';
import type { Logger } from '../../platform/logger.js';
import { RateLimits } from '../../platform/rate-limits.js';
import { UnitOfWork, type ChangeScope } from '../../platform/scope.js';
import type { Authorities } from '../start/authorities.js';

/** What the services stand on. */
export interface Ground {
  readonly source: DataSource;
  /** Connections for counting attempts alone. */
  readonly counters: Pool;
  readonly keys: KeyRing;
  readonly bus: Pick<EventBus, 'listen'>;
  readonly horizon: Pick<Horizon, 'onceBeyond'>;
  readonly authorities: Authorities;
  readonly recoveryKeys: RecoveryKeys;
  /** Authorities of the client certificates that are accepted, PEM; null turns the method off. */
  readonly clientCa: Buffer | null;
  readonly publicUrl: string;
  readonly sms: { readonly isOffered: boolean; readonly dailyLimit: number };
  readonly session: SessionTimeouts;
  /** Whether users may order for themselves at all. */
  readonly selfService: boolean;
  /** Of messages that belong to no project. */
  readonly language: Language;
  readonly webhooks: { readonly allowedNetworks: readonly string[]; readonly log: Logger };
}

/** Of the text messages of a day. */
const INVITATIONS_SHARE = 0.8;

export type Base = ReturnType<typeof createBase>;

/** The slices below authentication, and what all of them use. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Base is what it returns
export function createBase({ source, counters, keys, bus, publicUrl, ...ground }: Ground) {
  const handlers = new EventHandlers<ChangeScope>();
  const work = new UnitOfWork(source, handlers);
  const limits = new RateLimits(counters, {
    'sms-code/day': ground.sms.dailyLimit,
    'sms-invitation/day': Math.max(1, Math.floor(ground.sms.dailyLimit * INVITATIONS_SHARE)),
  });
  const audit = new AuditService();
  const notifications = new NotificationService();
  const users = new UserService(audit, usersOfProjects);
  const certificates = new CertificateService();
  const authorityDirectory = new AuthorityDirectory(work, ground.authorities.service);
  const ocspSigners = new OcspSignerService(work, keys, audit, authorityDirectory);
  const keyArchive = new KeyArchiveService(ground.recoveryKeys);
  const server = { sendsSms: ground.sms.isOffered, selfService: ground.selfService };
  const projects = new ProjectService(audit, (scope) => keyArchive.isReady(scope), server);
  const clients = new ApiClientService(audit, async (scope, ids) => {
    const found = await projects.byIds(scope, ids);
    return new Set(found.flatMap((project) => (project === undefined ? [] : [project.id])));
  });
  const activationCodes = new ActivationCodes(keys);
  const selfRegistrations = new SelfRegistrationService({
    ...{ projects, activationCodes, audit, publicUrl },
  });
  const profiles = new ProfileService(certificates, audit);
  const memberStandings = new MemberStandingService(projects);
  const sessions = new SessionService(ground.session);
  return {
    ...{ handlers, work, limits, keys, bus, publicUrl, server, language: ground.language },
    ...{ audit, notifications, users, clients, certificates, keyArchive, projects, sessions },
    invitationPreviews: new InvitationPreviewService(projects, publicUrl),
    messageQueue: new MessageQueue(),
    messages: new MessageService(),
    scimTokens: new ScimTokenService(clients, audit),
    memberStandings,
    memberBulk: new MemberBulkService(audit),
    members: new MemberService({ users, clients, projects, memberStandings, notifications, audit }),
    firstAdministrator: new FirstAdministratorService(audit),
    userBulk: new UserBulkService(audit),
    userPasswords: new UserPasswordService(users),
    activationSheets: new ActivationSheetService({ projects, selfRegistrations }),
    ...{ authorityDirectory, ocspSigners, selfRegistrations },
    revocationLists: new RevocationListService(work, authorityDirectory, audit),
    responder: new ResponderService(work, authorityDirectory, ocspSigners),
    issuance: new IssuanceService(ground.authorities.issuing),
    recoveredCertificates: new RecoveredCertificateService(),
    streams: new ProjectStreamService({ sql: work.sql, keys, bus, horizon: ground.horizon }),
    sessionControl: new SessionControl({ work, sessions, users, audit }),
    ...{ profiles, assignedIds: new AssignedIdService({ profiles, selfRegistrations, audit }) },
    memberLists: new MemberListService(),
    auditSeals: new AuditSealService(keys),
    authenticationKeys: new AuthenticationKeyService(),
    devices: new DeviceService(),
  };
}
