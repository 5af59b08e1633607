import { Field, InputType, Int, ObjectType } from 'type-graphql';
import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { LANGUAGES, type Language } from '../../../kernel/language.js';
import { graphqlEnum } from '../../access/graphql-enum.types.js';
import { CertificateKindEnum } from '../../certificates/certificate-kind.types.js';
import {
  DELIVERY_CHANNELS,
  DEVICE_CONFIRMATIONS,
  type DeliveryChannel,
  type DeviceConfirmation,
} from './settings.js';

export const DeliveryChannelEnum = graphqlEnum(DELIVERY_CHANNELS, {
  name: 'DeliveryChannel',
  description: 'How the code reaches the user.',
  meanings: {
    SCREEN: 'As QR code on the page that ordered it.',
    EMAIL: 'By mail, to the address of the user.',
    SMS: 'By text message, to the mobile number of the user.',
  },
});

const DeviceConfirmationEnum = graphqlEnum(DEVICE_CONFIRMATIONS, {
  name: 'DeviceConfirmation',
  description: 'What is asked for beside the scan, before anything is issued.',
  meanings: {
    NONE: 'The scan is enough.',
    DEVICE_CODE:
      'The user types the code that the phone shows into the page that shows the QR code. Only in MANAGED projects.',
    APPROVAL: 'An operator approves the device.',
  },
});

const LanguageEnum = graphqlEnum(LANGUAGES, {
  name: 'Language',
  description: 'In which language the server writes.',
  meanings: { EN: 'English.', DE: 'German.' },
});
/** `qr` is drawn from the URL. */
@ObjectType('AppLink', { description: "Where the customer's own app is found." })
export class AppLinkType {
  @Field(() => String, { description: 'What stands beside the link.' })
  label!: string;

  @Field(() => String, { description: 'An https URL.' })
  url!: string;
}

@InputType('AppLinkInput', { description: "Where the customer's own app is found." })
export class AppLinkInput {
  @Field(() => String, { description: 'What stands beside the link. 1 to 60 characters.' })
  label!: string;

  @Field(() => String, { description: 'An https URL of at most 200 characters.' })
  url!: string;
}

@ObjectType('ProvisioningSettings', {
  description: 'What a mobile ID of a project is, and how it reaches the phone.',
})
export class ProvisioningSettingsType {
  @Field(() => Boolean, {
    description: 'Users may order for themselves. Operators may order for them in any case.',
  })
  selfService!: boolean;

  @Field(() => Boolean, {
    description:
      'Only members of the project get mobile IDs here, whoever orders them. False unless set: then every active user may, but for those who were removed from the project. Only in MANAGED projects.',
  })
  membersOnly!: boolean;

  @Field(() => Int, {
    description:
      'An import that would remove more of the members at once is refused, unless the call itself allows more. 10 unless set. Only in MANAGED projects.',
  })
  importMaxRemovedPercent!: number;

  @Field(() => [CertificateKindEnum], { description: 'Issued when the caller names none.' })
  defaultCertificates!: readonly CertificateKind[];

  @Field(() => [CertificateKindEnum], { description: 'What a caller may choose from.' })
  selectableCertificates!: readonly CertificateKind[];

  @Field(() => [DeliveryChannelEnum], {
    description:
      'How the code may reach the user; the first one is taken when the caller names none.',
  })
  channels!: readonly DeliveryChannel[];

  @Field(() => Int, { description: 'How long certificates are valid at most. 730 unless set.' })
  validityDays!: number;

  @Field(() => Int, { description: 'How long a QR code on screen can be scanned. 300 unless set.' })
  codeTtlSeconds!: number;

  @Field(() => Int, {
    description: 'How long a mailed or texted code can be scanned. Seven days unless set.',
  })
  invitationTtlSeconds!: number;

  @Field(() => Int, {
    description:
      'How long one enrolment may take in all, renewals and approval included. Seven days unless set.',
  })
  enrolmentTtlSeconds!: number;

  @Field(() => DeviceConfirmationEnum, { description: 'What is asked for beside the scan.' })
  confirmation!: DeviceConfirmation;

  @Field(() => Int, { description: 'How many mobile IDs one user may have here.' })
  maxProfilesPerUser!: number;

  @Field(() => Boolean, {
    description: 'Encryption keys are archived, so that a later phone can have them too.',
  })
  recoverEncryptionCertificates!: boolean;

  @Field(() => Boolean, { description: 'The user gets a mail when the mobile ID is active.' })
  notifyOnSuccess!: boolean;

  @Field(() => Boolean, { description: 'The user gets a mail when the enrolment has failed.' })
  notifyOnFailure!: boolean;

  @Field(() => [Int], {
    description:
      'Days before expiry on which the user is reminded. From the first of them on, and at the earliest half-way through, a mobile ID can be renewed.',
  })
  expiryReminderDays!: readonly number[];

  @Field(() => Boolean, {
    description: 'After the last of these days the user is reminded every day. False unless set.',
  })
  dailyExpiryReminders!: boolean;

  @Field(() => LanguageEnum, {
    description: 'Of mails and text messages about mobile IDs of this project. EN unless set.',
  })
  language!: Language;

  @Field(() => String, { description: 'What the phone calls the server.' })
  serverName!: string;

  @Field(() => String, {
    description:
      'What the phone calls the mobile ID. Placeholders: {projectName}, {serverName}, {username}, {displayName}, {email}; the last three stand for the assigned ID in SELF_REGISTRATION projects.',
  })
  profileNameTemplate!: string;

  @Field(() => String, {
    description: 'What the phone calls the account, with the same placeholders.',
  })
  accountNameTemplate!: string;

  @Field(() => String, { description: 'Shown to the user beside the QR code.' })
  instructions!: string;

  @Field(() => [AppLinkType], {
    description: "Links to the customer's own apps, which stand beside the QR code on paper.",
  })
  appLinks!: readonly AppLinkType[];

  @Field(() => String, {
    nullable: true,
    description:
      'Where holders of assigned IDs register them with the host system; null where they do not. Placeholders: {assignedId}, {registrationToken}, {projectName}. Only in SELF_REGISTRATION projects.',
  })
  registrationUrlTemplate!: string | null;

  @Field(() => String, {
    description:
      'Subject of the invitation mail. Placeholders: {displayName}, {projectName}, {serverName}, {expiresAt}.',
  })
  emailSubject!: string;

  @Field(() => String, {
    description: 'Text of the invitation mail, with the same placeholders and {link}.',
  })
  emailMessage!: string;

  @Field(() => String, {
    description: 'The invitation as text message, with the placeholders of the mail.',
  })
  smsMessage!: string;
}

@InputType('ProvisioningSettingsInput', {
  description:
    'A field left out stays as it is, in a new project at its default. None may be null but registrationUrlTemplate.',
})
export class ProvisioningSettingsInput {
  @Field(() => Boolean, { nullable: true, description: 'Users may order for themselves.' })
  selfService?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Only members of the project get mobile IDs here.',
  })
  membersOnly?: boolean | null;

  @Field(() => Int, { nullable: true, description: '0 to 100.' })
  importMaxRemovedPercent?: number | null;

  @Field(() => [CertificateKindEnum], {
    nullable: true,
    description: 'Issued when the caller names none; each must be selectable.',
  })
  defaultCertificates?: CertificateKind[] | null;

  @Field(() => [CertificateKindEnum], {
    nullable: true,
    description: 'What a caller may choose from.',
  })
  selectableCertificates?: CertificateKind[] | null;

  @Field(() => [DeliveryChannelEnum], {
    nullable: true,
    description:
      'How the code may reach the user; the first one is taken when the caller names none.',
  })
  channels?: DeliveryChannel[] | null;

  @Field(() => Int, { nullable: true, description: '1 to 3650.' })
  validityDays?: number | null;

  @Field(() => Int, { nullable: true, description: '30 to 3600.' })
  codeTtlSeconds?: number | null;

  @Field(() => Int, { nullable: true, description: '60 seconds to 30 days.' })
  invitationTtlSeconds?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'At least as long as the codes are good, at most 30 days.',
  })
  enrolmentTtlSeconds?: number | null;

  @Field(() => DeviceConfirmationEnum, {
    nullable: true,
    description: 'What is asked for beside the scan.',
  })
  confirmation?: DeviceConfirmation | null;

  @Field(() => Int, { nullable: true, description: '1 to 100.' })
  maxProfilesPerUser?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Encryption keys are made by the server and archived. Needs a recovery key: `npm run recovery -- init`.',
  })
  recoverEncryptionCertificates?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'The user gets a mail when the mobile ID is active.',
  })
  notifyOnSuccess?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'The user gets a mail when the enrolment has failed.',
  })
  notifyOnFailure?: boolean | null;

  @Field(() => [Int], {
    nullable: true,
    description: 'At most 20 different numbers from 1 to 365.',
  })
  expiryReminderDays?: number[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'After the last of these days the user is reminded every day.',
  })
  dailyExpiryReminders?: boolean | null;

  @Field(() => LanguageEnum, {
    nullable: true,
    description:
      'Of mails and text messages. Subject, texts and instructions that the project has not worded itself follow.',
  })
  language?: Language | null;

  @Field(() => String, { nullable: true, description: 'At most 100 characters.' })
  serverName?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'At most 200 characters. Placeholders: {projectName}, {serverName}, {username}, {displayName}, {email}.',
  })
  profileNameTemplate?: string | null;

  @Field(() => String, { nullable: true, description: 'As profileNameTemplate.' })
  accountNameTemplate?: string | null;

  @Field(() => String, { nullable: true, description: 'At most 2000 characters.' })
  instructions?: string | null;

  @Field(() => [AppLinkInput], { nullable: true, description: 'At most six.' })
  appLinks?: AppLinkInput[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'An https URL of at most 500 characters, its placeholders after the name of the site; null for none. Put the {registrationToken} behind a #, so that it reaches no log. Only in SELF_REGISTRATION projects.',
  })
  registrationUrlTemplate?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'At most 200 characters, on one line. Placeholders: {displayName}, {projectName}, {serverName}, {expiresAt}.',
  })
  emailSubject?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'At most 5000 characters. Placeholders as in emailSubject, and {link}.',
  })
  emailMessage?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'At most 480 characters. Placeholders as in emailMessage.',
  })
  smsMessage?: string | null;
}
