import { outboxTask, type OutboxTask } from '../edge/jobs/outbox-task.js';
import { ONE_TIME_CODE_TTL_SECONDS } from '../features/authentication/one-time-codes/one-time-code.service.js';
import type { Notice } from '../features/enrolment/delivery.service.js';
import {
  MailDeliveryService,
  type MailComposers,
} from '../features/notifications/mail-delivery.service.js';
import * as mails from '../features/notifications/mail-template.service.js';
import { webhookDisabledMail } from '../features/notifications/webhook-mail.service.js';
import { sendMailJob } from '../features/notifications/notification.jobs.js';
import { PROBLEMS } from '../kernel/errors.js';
import type { Mailer } from '../platform/mailer.js';
import type { Scope } from '../platform/scope.js';
import type { Services } from './services.js';

/** Sends mails: they are written when they are sent, and their delivery is told to whom it concerns. */
export function mailTask(services: Services, mailer: Mailer): OutboxTask {
  const { work, delivery } = services;
  const service = new MailDeliveryService(mailer, composers(services), {
    delivered: async (template, id) => {
      if (template !== 'ENROLMENT_INVITATION') return;
      const request = await work.systemRequest('mail', id);
      await work.change(request, (scope) => delivery.delivered(scope, id));
    },
    givenUp: async (template, id) => {
      if (template !== 'ENROLMENT_INVITATION') return;
      const request = await work.systemRequest('mail', id);
      await work.change(request, (scope) => delivery.givenUp(scope, id));
    },
  });
  return outboxTask(sendMailJob, {
    run: (order, jobId) => service.deliver(order, jobId),
    giveUp: (order) => service.giveUp(order),
  });
}

function composers(services: Services): MailComposers {
  const { work, delivery, expiryReminders, oneTimeCodes, passwordLinks, users } = services;
  const { webhookEndpoints } = services;
  const reading = async <T>(id: string, read: (scope: Scope) => Promise<T>): Promise<T> =>
    read(work.read(await work.systemRequest('mail', id)));
  return {
    SIGN_IN_CODE: async (id) => {
      const code = await reading(id, (scope) => oneTimeCodes.toSend(scope, 'EMAIL_CODE', id));
      if (code === null) return null;
      const { address: to, ...facts } = code;
      return mails.signInCodeMail({ to, ...facts, validSeconds: ONE_TIME_CODE_TTL_SECONDS });
    },
    PASSWORD_INVITATION: async (id) => {
      const link = await reading(id, (scope) => passwordLinks.toMail(scope, id));
      return link && mails.passwordInvitationMail({ ...link, to: link.address });
    },
    PASSWORD_RESET: async (id) => {
      const link = await reading(id, (scope) => passwordLinks.toMail(scope, id));
      return link && mails.passwordResetMail({ ...link, to: link.address });
    },
    PASSWORD_CHANGED: async (id) => {
      const user = await reading(id, (scope) => users.find(scope, id));
      if (user === undefined || user.email === null) return null;
      return mails.passwordChangedMail({ to: user.email, displayName: user.displayName });
    },
    ENROLMENT_INVITATION: async (id) => {
      const invitation = await reading(id, (scope) => delivery.invitation(scope, id));
      if (invitation === null) return null;
      const { link, emailSubject: subject, emailMessage: message, enrolment } = invitation;
      const facts = { link, subject, message, expiresAt: enrolment.codeExpiresAt };
      return mails.invitationMail({ ...recipientOf(invitation), ...facts });
    },
    ENROLMENT_COMPLETED: async (id) => {
      const notice = await reading(id, (scope) => delivery.notice(scope, id));
      if (notice === null) return null;
      const { enrolment, deviceName } = notice;
      return mails.completedMail({
        ...recipientOf(notice),
        profileName: enrolment.profileName,
        deviceName: deviceName ?? '',
      });
    },
    ENROLMENT_FAILED: async (id) => {
      const notice = await reading(id, (scope) => delivery.notice(scope, id));
      if (notice === null) return null;
      const { enrolment, deviceName } = notice;
      return mails.failedMail({
        ...recipientOf(notice),
        profileName: enrolment.profileName,
        deviceName,
        reason: PROBLEMS[enrolment.failureCode ?? 'INTERNAL'].title,
      });
    },
    MEMBER_REMOVED: async (id) => {
      const removal = await reading(id, (scope) => services.members.removal(scope, id));
      return removal && mails.memberRemovedMail({ ...removal, to: removal.address });
    },
    MOBILE_ID_EXPIRES: async (id) => {
      const notice = await reading(id, (scope) => expiryReminders.reminder(scope, id));
      return notice && mails.expiryMail({ ...notice, to: notice.address });
    },
    MOBILE_ID_RENEWED: async (id) => {
      const notice = await reading(id, (scope) => expiryReminders.renewed(scope, id));
      return notice && mails.renewedMail({ ...notice, to: notice.address });
    },
    WEBHOOK_DISABLED: async (id) => {
      const notice = await reading(id, (scope) => webhookEndpoints.notice(scope, id));
      return notice && webhookDisabledMail(notice);
    },
  };
}

function recipientOf({
  address,
  displayName,
  projectName,
  enrolment,
}: Pick<Notice, 'address' | 'displayName' | 'projectName' | 'enrolment'>): {
  to: string;
  displayName: string;
  projectName: string;
  serverName: string;
} {
  return { to: address, displayName, projectName, serverName: enrolment.serverName };
}
