import { accessRuleChanged } from '../../features/access/rules/access-rule.events.js';
import { apiClientStopped } from '../../features/api-clients/api-client.events.js';
import { credentialRemoved } from '../../features/authentication/authentication.events.js';
import { certificatesChanged } from '../../features/certificates/certificate.events.js';
import { enrolmentGivenUp } from '../../features/enrolment/enrolment.events.js';
import {
  memberAdded,
  memberRemoved,
  membershipsChanged,
} from '../../features/members/member.events.js';
import { messageMoved } from '../../features/notifications/messages/message.events.js';
import { profilesEnded, profilesMoved } from '../../features/profiles/profile.events.js';
import {
  administratorChanged,
  passwordChanged,
  userActivated,
  userAddressChanged,
  userCreated,
  userDeactivated,
  userGroupsChanged,
  userLocked,
  userRolesChanged,
} from '../../features/users/user.events.js';
import type { UserId } from '../../kernel/ids.js';
import type { EventHandlers } from '../../platform/event-handlers.js';
import type { ChangeScope } from '../../platform/scope.js';
import type { createAuthentication } from './authentication.js';
import type { Base } from './base.js';
import type { createEnrolment } from './enrolment.js';
import type { createScim } from './scim.js';
import type { createWebhooks } from './webhooks.js';

type Handling = Base &
  ReturnType<typeof createAuthentication> &
  ReturnType<typeof createEnrolment> &
  Pick<ReturnType<typeof createWebhooks>, 'profileLog'> &
  ReturnType<typeof createScim>;
type Handlers = EventHandlers<ChangeScope>;

/** Calls upward: what a change in a lower slice means for the higher ones, in the same transaction. */
export function registerHandlers(handlers: Handlers, services: Handling): void {
  onRights(handlers, services);
  onUsers(handlers, services);
  onMembers(handlers, services);
  onCredentials(handlers, services);
}

function onRights(handlers: Handlers, services: Handling): void {
  const { audit, rules, sessions, enrolments, enrolmentBatches, samlIdentities, keyRecoveryEnds } =
    services;
  handlers.on(accessRuleChanged, (scope, event) => audit.recordRuleChange(scope, event));
  handlers.on(administratorChanged, (scope) => rules.requireAdministrator(scope));
  handlers.on(apiClientStopped, async (scope, { apiClientId }) => {
    await enrolmentBatches.cancelAllOf(scope, apiClientId);
    await enrolments.cancelOrdersOf(scope, apiClientId);
  });
  handlers.on(userRolesChanged, async (scope, { userId }) => {
    await samlIdentities.dropUnproven(scope, userId);
    await sessions.rejudgeAllOf(scope, userId);
    await enrolmentBatches.cancelAllOf(scope, userId);
    await enrolments.cancelOrdersBetween(scope, userId);
    await keyRecoveryEnds.endUnbacked(scope, userId);
  });
  handlers.on(userGroupsChanged, (scope, { userId }) => sessions.rejudgeAllOf(scope, userId));
}

function onUsers(handlers: Handlers, services: Handling): void {
  const { sessions, oneTimeCodes, passwordLinks, enrolments, enrolmentBatches } = services;
  const { profiles, keyRecoveryEnds } = services;
  const endAllThatIsOpen = async (scope: ChangeScope, userId: UserId): Promise<void> => {
    await oneTimeCodes.voidAllOf(scope, userId);
    await passwordLinks.voidAllOf(scope, userId);
    await sessions.endAllOf(scope, userId);
    await enrolmentBatches.cancelAllOf(scope, userId);
    await enrolments.cancelAllOf(scope, userId);
  };
  handlers.on(userCreated, async (scope, { userId, awaitsPassword }) => {
    if (awaitsPassword) await passwordLinks.invite(scope, userId);
  });
  handlers.on(userLocked, async (scope, { userId }) => {
    await endAllThatIsOpen(scope, userId);
    await profiles.revokeAllOf(scope, userId);
    await keyRecoveryEnds.endAllOf(scope, userId);
    await keyRecoveryEnds.endUnbacked(scope, userId);
  });
  handlers.on(userDeactivated, async (scope, { userId }) => {
    await endAllThatIsOpen(scope, userId);
    await profiles.deactivateAllOf(scope, userId);
    await keyRecoveryEnds.endUnbacked(scope, userId);
  });
  handlers.on(userActivated, async (scope, { userId }) => {
    await services.invitations.inviteAgain(scope, userId);
    await profiles.reactivateAllOf(scope, userId);
    await passwordLinks.inviteAgain(scope, userId);
  });
}

function onMembers(handlers: Handlers, services: Handling): void {
  const { enrolments, invitations, profiles, scimProjects } = services;
  handlers.on(membershipsChanged, (scope, event) => scimProjects.followMembers(scope, event));
  handlers.on(memberAdded, async (scope, { projectId, userId }) => {
    await invitations.inviteAdded(scope, projectId, userId);
    await profiles.releaseAllIn(scope, projectId, userId);
  });
  handlers.on(memberRemoved, async (scope, { projectId, userId }) => {
    await enrolments.cancelAllIn(scope, projectId, userId);
    await profiles.suspendAllIn(scope, projectId, userId);
  });
}

function onCredentials(handlers: Handlers, services: Handling): void {
  const { users, rules, sessions, notifications, oneTimeCodes, passwordLinks, enrolments } =
    services;
  handlers.on(credentialRemoved, async (scope, { userId, ...proof }) => {
    await sessions.forgetEvidence(scope, userId, proof);
    const administrators = await users.activeAdministrators(scope);
    if (administrators.some(({ id }) => id === userId)) await rules.requireAdministrator(scope);
  });
  handlers.on(certificatesChanged, (scope, { certificateIds }) =>
    services.revocationLists.noteChanges(scope, certificateIds),
  );
  handlers.on(enrolmentGivenUp, (scope, { enrolmentId }) =>
    services.estEnrolments.abandon(scope, enrolmentId),
  );
  handlers.on(messageMoved, (scope, event) => services.invitationDelivery.follow(scope, event));
  handlers.on(profilesEnded, async (scope, { profileIds }) => {
    await services.assignedIds.revokeWith(scope, profileIds);
    await services.mobileIdEvidence.forget(scope, profileIds);
    await services.keyDelivery.forgetEnded(scope, profileIds);
  });
  handlers.on(profilesMoved, (scope, event) => services.profileLog.note(scope, event));
  handlers.on(userAddressChanged, async (scope, { userId, what }) => {
    const method = what === 'email' ? 'EMAIL_CODE' : 'SMS_CODE';
    await oneTimeCodes.voidAllOf(scope, userId, method);
    await sessions.forgetEvidence(scope, userId, { method });
    const channel = what === 'email' ? 'EMAIL' : 'SMS';
    const cancelled = await enrolments.cancelInvitationsTo(scope, userId, channel);
    await services.invitations.inviteAgain(scope, userId, cancelled);
    if (what !== 'email') return;
    await passwordLinks.voidAllOf(scope, userId);
    await passwordLinks.inviteAgain(scope, userId);
  });
  handlers.on(passwordChanged, async (scope, { userId, keptSession }) => {
    await oneTimeCodes.voidAllOf(scope, userId);
    await passwordLinks.voidAllOf(scope, userId);
    await sessions.endAllOf(scope, userId, keptSession ?? undefined);
    await sessions.forgetEvidence(scope, userId, { method: 'PASSWORD' });
    await enrolments.cancelOwnInvitationsOf(scope, userId);
    await notifications.notify(scope, 'PASSWORD_CHANGED', userId);
  });
}
