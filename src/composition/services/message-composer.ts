import { ONE_TIME_CODE_TTL_SECONDS } from '../../features/authentication/one-time-codes/one-time-code.service.js';
import type { Invitation, Notice } from '../../features/enrolment/invitations/delivery.service.js';
import * as mails from '../../features/notifications/mail-template.service.js';
import type {
  MessageTemplate,
  MessageSubject,
  SmsTemplate,
} from '../../features/notifications/messages/message.js';
import {
  invitationSms,
  signInCodeSms,
  type ComposedSms,
} from '../../features/notifications/sms-template.service.js';
import { webhookDisabledMail } from '../../features/notifications/webhook-mail.service.js';
import { PROBLEMS } from '../../kernel/errors.js';
import type { ProjectId } from '../../kernel/ids.js';
import type { Language } from '../../kernel/language.js';
import type { Scope } from '../../platform/scope.js';
import type { createAuthentication } from './authentication.js';
import type { Base } from './base.js';
import type { createEnrolment } from './enrolment.js';
import type { createWebhooks } from './webhooks.js';

type Composing = Base &
  ReturnType<typeof createAuthentication> &
  ReturnType<typeof createEnrolment> &
  Pick<ReturnType<typeof createWebhooks>, 'webhookEndpoints'>;

type Composed =
  | { readonly channel: 'EMAIL'; readonly mail: mails.ComposedMail }
  | { readonly channel: 'SMS'; readonly sms: ComposedSms };

/** Writes a message about its subject as that is now; null where there is nothing to say any more. */
export type MessageComposer = (about: MessageSubject) => Promise<Composed | null>;

/** What a text is about, and in which language it is written. */
interface Topic {
  readonly scope: Scope;
  readonly id: string;
  readonly projectId: string | null;
  readonly language: Language;
}
type Writing<Text> = (services: Composing, topic: Topic) => Promise<Text | null>;

export function messageComposer(services: Composing): MessageComposer {
  const { work, projects } = services;
  return async ({ channel, template, subjectId: id, projectId }) => {
    const scope = work.read(await work.systemRequest('message', id));
    const [project] = await projects.byIds(
      scope,
      projectId === null ? [] : [projectId as ProjectId],
    );
    const language = project?.settings.language ?? services.language;
    const topic = { scope, id, projectId, language };
    if (channel === 'SMS') {
      const sms = isSmsTemplate(template) ? await SMS[template](services, topic) : null;
      return sms && { channel, sms };
    }
    const mail = await MAILS[template](services, topic);
    return mail && { channel, mail };
  };
}

function isSmsTemplate(template: string): template is SmsTemplate {
  return Object.hasOwn(SMS, template);
}

const SMS: Readonly<Record<SmsTemplate, Writing<ComposedSms>>> = {
  SIGN_IN_CODE: async ({ oneTimeCodes, publicUrl }, { scope, id, language }) => {
    const message = await oneTimeCodes.toSend(scope, 'SMS_CODE', id);
    if (message === null) return null;
    const { address: to, code } = message;
    const host = new URL(publicUrl).hostname;
    return signInCodeSms({ to, code, host, language, validSeconds: ONE_TIME_CODE_TTL_SECONDS });
  },
  ENROLMENT_INVITATION: async ({ delivery }, { scope, id }) => {
    const invitation = await delivery.invitation(scope, id, 'SMS');
    return invitation && invitationSms({ ...invitationOf(invitation), ...invitation.texts });
  },
};

const MAILS: Readonly<Record<MessageTemplate, Writing<mails.ComposedMail>>> = {
  SIGN_IN_CODE: async ({ oneTimeCodes }, { scope, id, language }) => {
    const code = await oneTimeCodes.toSend(scope, 'EMAIL_CODE', id);
    if (code === null) return null;
    const { address: to, ...facts } = code;
    const validSeconds = ONE_TIME_CODE_TTL_SECONDS;
    return mails.signInCodeMail({ to, ...facts, language, validSeconds });
  },
  PASSWORD_INVITATION: async ({ passwordLinks }, { scope, id, language }) => {
    const link = await passwordLinks.toMail(scope, id);
    return link && mails.passwordInvitationMail({ ...link, to: link.address, language });
  },
  PASSWORD_RESET: async ({ passwordLinks }, { scope, id, language }) => {
    const link = await passwordLinks.toMail(scope, id);
    return link && mails.passwordResetMail({ ...link, to: link.address, language });
  },
  PASSWORD_CHANGED: async ({ users }, { scope, id, language }) => {
    const user = await users.find(scope, id);
    if (user === undefined || user.email === null) return null;
    const { email: to, displayName } = user;
    return mails.passwordChangedMail({ to, displayName, language });
  },
  ENROLMENT_INVITATION: async ({ delivery }, { scope, id }) => {
    const invitation = await delivery.invitation(scope, id, 'EMAIL');
    if (invitation === null) return null;
    const { texts, scanned } = invitation;
    return mails.invitationMail({ ...invitationOf(invitation), ...texts, scanned });
  },
  ENROLMENT_COMPLETED: async ({ delivery }, { scope, id }) => {
    const notice = await delivery.notice(scope, id);
    if (notice === null) return null;
    const { enrolment, deviceName } = notice;
    const { profileName } = enrolment;
    const names = { profileName, deviceName: deviceName ?? '' };
    return mails.completedMail({ ...recipientOf(notice), ...names });
  },
  ENROLMENT_FAILED: async ({ delivery }, { scope, id }) => {
    const notice = await delivery.notice(scope, id);
    if (notice === null) return null;
    const { enrolment, deviceName } = notice;
    const code = enrolment.failureCode ?? 'INTERNAL';
    return mails.failedMail({
      ...recipientOf(notice),
      profileName: enrolment.profileName,
      deviceName,
      failure: { code, title: PROBLEMS[code].title },
    });
  },
  MOBILE_ID_EXPIRES: async ({ expiryReminders }, { scope, id, language }) => {
    const notice = await expiryReminders.reminder(scope, id);
    return notice && mails.expiryMail({ ...notice, to: notice.address, language });
  },
  MOBILE_ID_RENEWED: async ({ expiryReminders }, { scope, id, language }) => {
    const notice = await expiryReminders.renewed(scope, id);
    return notice && mails.renewedMail({ ...notice, to: notice.address, language });
  },
  MEMBER_REMOVED: async ({ members }, { scope, id, language }) => {
    const removal = await members.removal(scope, id);
    return removal && mails.memberRemovedMail({ ...removal, to: removal.address, language });
  },
  WEBHOOK_DISABLED: async ({ webhookEndpoints }, { scope, id, language }) => {
    const notice = await webhookEndpoints.notice(scope, id);
    return notice && webhookDisabledMail({ ...notice, language });
  },
};

type Named = Pick<Notice, 'address' | 'displayName' | 'projectName' | 'enrolment' | 'language'>;

function recipientOf({ address, displayName, projectName, enrolment, language }: Named): {
  to: string;
  displayName: string;
  language: Language;
  projectName: string;
  serverName: string;
} {
  return { to: address, displayName, language, projectName, serverName: enrolment.serverName };
}

function invitationOf(
  invitation: Invitation,
): ReturnType<typeof recipientOf> & { link: string; expiresAt: Date } {
  const { link, enrolment } = invitation;
  return { ...recipientOf(invitation), link, expiresAt: enrolment.codeExpiresAt };
}
