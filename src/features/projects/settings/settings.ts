import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { Language } from '../../../kernel/language.js';
import { DEFAULT_TEXTS } from '../../notifications/invitation-text.service.js';

export const DELIVERY_CHANNELS = ['SCREEN', 'EMAIL', 'SMS'] as const;
export type DeliveryChannel = (typeof DELIVERY_CHANNELS)[number];

export const DEVICE_CONFIRMATIONS = ['NONE', 'DEVICE_CODE', 'APPROVAL'] as const;
export type DeviceConfirmation = (typeof DEVICE_CONFIRMATIONS)[number];

/** Where the customer's own app is found. */
export interface AppLink {
  readonly label: string;
  readonly url: string;
}

/** What a mobile ID of a project is, and how it reaches the phone. */
export interface ProvisioningSettings {
  readonly selfService: boolean;
  /** Nobody else gets a mobile ID here, whoever orders it. */
  readonly membersOnly: boolean;
  /** An import that would remove more of the members at once is refused. */
  readonly importMaxRemovedPercent: number;
  readonly defaultCertificates: readonly CertificateKind[];
  readonly selectableCertificates: readonly CertificateKind[];
  readonly channels: readonly DeliveryChannel[];
  readonly validityDays: number;
  readonly codeTtlSeconds: number;
  readonly invitationTtlSeconds: number;
  readonly enrolmentTtlSeconds: number;
  readonly confirmation: DeviceConfirmation;
  readonly maxProfilesPerUser: number;
  readonly recoverEncryptionCertificates: boolean;
  readonly notifyOnSuccess: boolean;
  readonly notifyOnFailure: boolean;
  /** Days before expiry. */
  readonly expiryReminderDays: readonly number[];
  /** Every day after the last of them. */
  readonly dailyExpiryReminders: boolean;
  /** Of mails and text messages about mobile IDs of this project. */
  readonly language: Language;
  readonly serverName: string;
  readonly profileNameTemplate: string;
  readonly accountNameTemplate: string;
  readonly instructions: string;
  readonly appLinks: readonly AppLink[];
  /** Null where assigned IDs are not registered by their holders. */
  readonly registrationUrlTemplate: string | null;
  readonly emailSubject: string;
  readonly emailMessage: string;
  readonly smsMessage: string;
}

/** Absent fields stay as they are. Null is refused but where a setting may be missing. */
export type SettingsInput = {
  readonly [Name in keyof ProvisioningSettings]?: ProvisioningSettings[Name] | null | undefined;
};

const DAY_SECONDS = 86_400;

/** Also of a SELF_REGISTRATION project, but for what `defaultsOf` says otherwise. */
export const DEFAULT_SETTINGS: ProvisioningSettings = {
  selfService: true,
  membersOnly: false,
  importMaxRemovedPercent: 10,
  defaultCertificates: ['AUTHENTICATION', 'SIGNATURE'],
  selectableCertificates: ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'],
  channels: ['SCREEN'],
  validityDays: 730,
  codeTtlSeconds: 300,
  invitationTtlSeconds: 7 * DAY_SECONDS,
  enrolmentTtlSeconds: 7 * DAY_SECONDS,
  confirmation: 'NONE',
  maxProfilesPerUser: 3,
  recoverEncryptionCertificates: false,
  notifyOnSuccess: true,
  notifyOnFailure: false,
  expiryReminderDays: [60, 30, 14, 7],
  dailyExpiryReminders: false,
  language: 'EN',
  serverName: 'Signet',
  profileNameTemplate: '{projectName}',
  accountNameTemplate: '{username}',
  appLinks: [],
  registrationUrlTemplate: null,
  ...DEFAULT_TEXTS.EN,
};
