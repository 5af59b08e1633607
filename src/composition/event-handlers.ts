import { accessRuleChanged } from '../features/access/access-rule.events.js';
import { apiClientStopped } from '../features/api-clients/api-client.events.js';
import { credentialRemoved } from '../features/authentication/authentication.events.js';
import { certificatesChanged } from '../features/certificates/certificate.events.js';
import { enrolmentGivenUp } from '../features/enrolment/enrolment.events.js';
import { messageMoved } from '../features/notifications/messages/message.events.js';
import { profilesEnded } from '../features/profiles/profile.events.js';
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
} from '../features/users/user.events.js';
import type { EventHandlers } from '../platform/event-handlers.js';
import type { ChangeScope } from '../platform/scope.js';
import type { createAuthentication } from './authentication.js';
import type { Base } from './base.js';
import type { createEnrolment } from './enrolment.js';

type Handling = Base & ReturnType<typeof createAuthentication> & ReturnType<typeof createEnrolment>;
type Handlers = EventHandlers<ChangeScope>;

/** Calls upward: what a change in a lower slice means for the higher ones, in the same transaction. */
export function registerHandlers(handlers: Handlers, services: Handling): void {
  onRights(handlers, services);
  onUsers(handlers, services);
  onCredentials(handlers, services);
}

function onRights(handlers: Handlers, services: Handling): void {
  const { audit, rules, sessions, enrolments, samlIdentities, keyRecoveryEnds } = services;
  handlers.on(accessRuleChanged, (scope, event) => audit.recordRuleChange(scope, event));
  handlers.on(administratorChanged, (scope) => rules.requireAdministrator(scope));
  handlers.on(apiClientStopped, (scope, { apiClientId }) =>
    enrolments.cancelOrdersOf(scope, apiClientId),
  );
  handlers.on(userRolesChanged, async (scope, { userId }) => {
    await samlIdentities.dropUnproven(scope, userId);
    await sessions.rejudgeAllOf(scope, userId);
    await enrolments.cancelOrdersBetween(scope, userId);
    await keyRecoveryEnds.endUnbacked(scope, userId);
  });
  handlers.on(userGroupsChanged, (scope, { userId }) => sessions.rejudgeAllOf(scope, userId));
}

function onUsers(handlers: Handlers, services: Handling): void {
  const { sessions, oneTimeCodes, passwordLinks, enrolments, profiles, keyRecoveryEnds } = services;
  handlers.on(userCreated, async (scope, { userId, awaitsPassword }) => {
    if (awaitsPassword) await passwordLinks.invite(scope, userId);
  });
  handlers.on(userLocked, async (scope, { userId }) => {
    await oneTimeCodes.voidAllOf(scope, userId);
    await passwordLinks.voidAllOf(scope, userId);
    await sessions.endAllOf(scope, userId);
    await enrolments.cancelAllOf(scope, userId);
    await profiles.revokeAllOf(scope, userId);
    await keyRecoveryEnds.endAllOf(scope, userId);
    await keyRecoveryEnds.endUnbacked(scope, userId);
  });
  handlers.on(userDeactivated, async (scope, { userId }) => {
    await oneTimeCodes.voidAllOf(scope, userId);
    await passwordLinks.voidAllOf(scope, userId);
    await sessions.endAllOf(scope, userId);
    await enrolments.cancelAllOf(scope, userId);
    await profiles.deactivateAllOf(scope, userId);
    await keyRecoveryEnds.endUnbacked(scope, userId);
  });
  handlers.on(userActivated, async (scope, { userId }) => {
    await profiles.reactivateAllOf(scope, userId);
    await passwordLinks.inviteAgain(scope, userId);
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
    await services.mobileIdEvidence.forget(scope, profileIds);
    await services.keyDelivery.forgetEnded(scope, profileIds);
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
    await notifications.notify(scope, 'PASSWORD_CHANGED', userId);
  });
}
