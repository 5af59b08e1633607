import type { Problem } from '../../../kernel/field-problems.js';
import { placeholderProblem } from '../../../kernel/template.js';
import { textProblem, type TextLimits } from '../../../kernel/text.js';
import { INVITATION_PLACEHOLDERS } from '../../notifications/invitation-text.service.js';
import { appLinksProblem, registrationUrlProblem } from './link-checks.js';
import type { ProvisioningSettings } from './settings.js';

/** What the names on the phone can be made of. */
export const NAME_PLACEHOLDERS = [
  'projectName',
  'serverName',
  'username',
  'displayName',
  'email',
] as const;
export type NamePlaceholder = (typeof NAME_PLACEHOLDERS)[number];

const MAX_TTL_SECONDS = 30 * 86_400;
const MAX_REMINDERS = 20;

/** A subject passes through more hands than the mail: the link is not for it. */
export const SUBJECT_PLACEHOLDERS = INVITATION_PLACEHOLDERS.filter((name) => name !== 'link');

type Check<T> = (value: T) => Problem;
type Checks = {
  readonly [Name in keyof ProvisioningSettings]: Check<NonNullable<ProvisioningSettings[Name]>>;
};

/** What each setting may be for itself. */
export const SETTING_CHECKS: Checks = {
  selfService: anything,
  membersOnly: anything,
  importMaxRemovedPercent: between(0, 100),
  defaultCertificates: someWithoutRepetition,
  selectableCertificates: someWithoutRepetition,
  channels: someWithoutRepetition,
  validityDays: between(1, 3650),
  codeTtlSeconds: between(30, 3600),
  invitationTtlSeconds: between(60, MAX_TTL_SECONDS),
  enrolmentTtlSeconds: between(60, MAX_TTL_SECONDS),
  confirmation: anything,
  maxProfilesPerUser: between(1, 100),
  recoverEncryptionCertificates: anything,
  notifyOnSuccess: anything,
  notifyOnFailure: anything,
  expiryReminderDays: reminders,
  dailyExpiryReminders: anything,
  language: anything,
  serverName: (name) => textProblem(name, { max: 100 }),
  profileNameTemplate: template(NAME_PLACEHOLDERS, { max: 200 }),
  accountNameTemplate: template(NAME_PLACEHOLDERS, { max: 200 }),
  instructions: (text) => textProblem(text, { min: 0, max: 2000, multiline: true }),
  appLinks: appLinksProblem,
  registrationUrlTemplate: registrationUrlProblem,
  emailSubject: template(SUBJECT_PLACEHOLDERS, { max: 200 }),
  emailMessage: template(INVITATION_PLACEHOLDERS, { max: 5000, multiline: true }),
  smsMessage: template(INVITATION_PLACEHOLDERS, { max: 480, multiline: true }),
};

function anything(): Problem {
  return undefined;
}

function between(min: number, max: number): Check<number> {
  return (value) =>
    Number.isSafeInteger(value) && value >= min && value <= max
      ? undefined
      : `It must be from ${String(min)} to ${String(max)}.`;
}

function someWithoutRepetition(values: readonly string[]): Problem {
  if (values.length === 0) return 'It must not be empty.';
  return withoutRepetition(values);
}

function withoutRepetition(values: readonly unknown[]): Problem {
  return new Set(values).size === values.length ? undefined : 'Nothing may stand in it twice.';
}

function reminders(days: readonly number[]): Problem {
  if (days.length > MAX_REMINDERS) return `There can be at most ${String(MAX_REMINDERS)}.`;
  return days.map(between(1, 365)).find((problem) => problem) ?? withoutRepetition(days);
}

function template(placeholders: readonly string[], limits: TextLimits): Check<string> {
  return (text) => textProblem(text, limits) ?? placeholderProblem(text, placeholders);
}
