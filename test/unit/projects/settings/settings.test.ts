import { DomainError } from '../../../../src/kernel/errors.js';
import { defaultsOf } from '../../../../src/features/projects/mode-settings.js';
import { mergeSettings } from '../../../../src/features/projects/settings/settings-input.js';
import {
  DEFAULT_SETTINGS,
  type SettingsInput,
} from '../../../../src/features/projects/settings/settings.js';

function refusalOf(input: SettingsInput, path?: string): DomainError | undefined {
  try {
    mergeSettings(DEFAULT_SETTINGS, input, path);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  return undefined;
}

/** Empty where nothing was refused. */
function refusedFields(input: SettingsInput): string[] {
  const refusal = refusalOf(input);
  if (refusal === undefined) return [];
  expect(refusal.code).toBe('INVALID_INPUT');
  return (refusal.facts['fields'] as { field: string }[]).map(({ field }) => field);
}

describe('settings by default', () => {
  test('are valid themselves', () => {
    expect(mergeSettings(DEFAULT_SETTINGS, DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS);
  });

  test.each(['MANAGED', 'SELF_REGISTRATION'] as const)(
    'say beside a QR code what is right on paper as well, in the language of the project (%s)',
    (mode) => {
      const english = defaultsOf(mode);
      const german = mergeSettings(english, { language: 'DE' });
      expect(english.instructions).toMatch(/^Scan the QR code/);
      expect(german.instructions).toMatch(/^Scannen Sie den QR-Code/);
      expect(english.instructions).not.toContain('this page');
      expect(german.instructions).not.toContain('diese Seite');
      expect(mergeSettings(german, { language: 'EN' })).toEqual(english);
    },
  );

  test('issue authentication and signature, for two years, and encryption on request', () => {
    expect(DEFAULT_SETTINGS).toMatchObject({
      defaultCertificates: ['AUTHENTICATION', 'SIGNATURE'],
      selectableCertificates: ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'],
      validityDays: 730,
    });
  });

  test('give a code on screen five minutes, an invitation and the enrolment seven days', () => {
    expect(DEFAULT_SETTINGS).toMatchObject({
      codeTtlSeconds: 300,
      invitationTtlSeconds: 604_800,
      enrolmentTtlSeconds: 604_800,
    });
  });
});

describe('merging settings', () => {
  test('changes what is named and nothing else', () => {
    expect(mergeSettings(DEFAULT_SETTINGS, { validityDays: 30, serverName: undefined })).toEqual({
      ...DEFAULT_SETTINGS,
      validityDays: 30,
    });
  });

  test('does not change the settings that it was given', () => {
    const before = structuredClone(DEFAULT_SETTINGS);
    mergeSettings(DEFAULT_SETTINGS, { channels: ['EMAIL'] });
    expect(DEFAULT_SETTINGS).toEqual(before);
  });

  test('lets null take the registration page away', () => {
    const current = { ...DEFAULT_SETTINGS, registrationUrlTemplate: 'https://host.example/' };
    const { registrationUrlTemplate } = mergeSettings(current, { registrationUrlTemplate: null });
    expect(registrationUrlTemplate).toBeNull();
  });

  const never = Object.keys(DEFAULT_SETTINGS).filter((name) => name !== 'registrationUrlTemplate');
  test.each(never)('refuses null for %s', (name) => {
    expect(refusedFields({ [name]: null })).toEqual([`settings.${name}`]);
  });

  test.each<[keyof SettingsInput, number, number]>([
    ['validityDays', 1, 3650],
    ['codeTtlSeconds', 30, 3600],
    ['invitationTtlSeconds', 60, 604_800],
    ['enrolmentTtlSeconds', 604_800, 2_592_000],
    ['maxProfilesPerUser', 1, 100],
  ])('accepts %s from %d to %d', (name, min, max) => {
    expect(refusedFields({ [name]: min })).toEqual([]);
    expect(refusedFields({ [name]: max })).toEqual([]);
    expect(refusedFields({ [name]: min - 1 })).toEqual([`settings.${name}`]);
    expect(refusedFields({ [name]: max + 1 })).toEqual([`settings.${name}`]);
    expect(refusedFields({ [name]: min + 0.5 })).toEqual([`settings.${name}`]);
    expect(refusedFields({ [name]: Number.NaN })).toEqual([`settings.${name}`]);
  });

  test('accepts an invitation of up to thirty days within an enrolment as long', () => {
    const month = 30 * 86_400;
    expect(refusedFields({ invitationTtlSeconds: month, enrolmentTtlSeconds: month })).toEqual([]);
    expect(refusedFields({ invitationTtlSeconds: month + 1, enrolmentTtlSeconds: month })).toEqual([
      'settings.invitationTtlSeconds',
    ]);
  });

  test.each<[keyof SettingsInput, unknown[]]>([
    ['defaultCertificates', []],
    ['defaultCertificates', ['SIGNATURE', 'SIGNATURE']],
    ['selectableCertificates', []],
    ['selectableCertificates', ['AUTHENTICATION', 'SIGNATURE', 'SIGNATURE']],
    ['channels', []],
    ['channels', ['SCREEN', 'SCREEN']],
    ['expiryReminderDays', [30, 30]],
    ['expiryReminderDays', [0]],
    ['expiryReminderDays', [366]],
    ['expiryReminderDays', Array.from({ length: 21 }, (_, i) => i + 1)],
  ])('refuses %s of %j', (name, value) => {
    expect(refusedFields({ [name]: value })).toEqual([`settings.${name}`]);
  });

  test('accepts no reminders at all', () => {
    expect(refusedFields({ expiryReminderDays: [] })).toEqual([]);
  });

  test('keeps every default certificate selectable, and blames what the caller gave', () => {
    expect(refusedFields({ selectableCertificates: ['AUTHENTICATION'] })).toEqual([
      'settings.selectableCertificates',
    ]);
    expect(
      refusedFields({
        defaultCertificates: ['ENCRYPTION'],
        selectableCertificates: ['AUTHENTICATION'],
      }),
    ).toEqual(['settings.defaultCertificates']);
    expect(
      refusedFields({
        defaultCertificates: ['AUTHENTICATION'],
        selectableCertificates: ['AUTHENTICATION'],
      }),
    ).toEqual([]);
  });

  test('gives no code longer than its whole enrolment', () => {
    expect(refusedFields({ enrolmentTtlSeconds: 604_799 })).toEqual([
      'settings.enrolmentTtlSeconds',
    ]);
    expect(refusedFields({ invitationTtlSeconds: 604_801 })).toEqual([
      'settings.invitationTtlSeconds',
    ]);
  });

  test('refuses text messages where there is no SMS channel', () => {
    expect(refusalOf({ channels: ['SCREEN', 'SMS'] })).toMatchObject({
      code: 'CHANNEL_NOT_AVAILABLE',
      facts: { channel: 'SMS' },
    });
  });

  test.each<[keyof SettingsInput, string]>([
    ['profileNameTemplate', '{projectName} of {displayName}'],
    ['accountNameTemplate', '{email} at {serverName}'],
    ['emailSubject', '{projectName} for {displayName}'],
    ['emailMessage', 'Open {link}\r\nuntil {expiresAt}'],
    ['smsMessage', '{link}'],
    ['instructions', ''],
  ])('accepts %s "%s"', (name, text) => {
    expect(refusedFields({ [name]: text })).toEqual([]);
  });

  test.each<[keyof SettingsInput, string]>([
    ['profileNameTemplate', '{password}'],
    ['profileNameTemplate', '{}'],
    ['accountNameTemplate', '{link}'],
    ['accountNameTemplate', '{toString}'],
    ['emailSubject', 'Here: {link}'],
    ['emailSubject', 'Hello\r\nBcc: all@example.com'],
    ['emailMessage', '{username}'],
    ['emailMessage', 'bell \u0007'],
    ['smsMessage', 'x'.repeat(481)],
    ['serverName', ''],
    ['serverName', ' '],
    ['serverName', 'two\nlines'],
    ['serverName', '\u202etengiS'],
    ['instructions', 'x'.repeat(2001)],
  ])('refuses %s %j', (name, text) => {
    expect(refusedFields({ [name]: text })).toEqual([`settings.${name}`]);
  });

  test('names every refused field by the path of its input', () => {
    expect(refusalOf({ validityDays: 0, serverName: '' }, 'input.settings')?.facts).toEqual({
      fields: [
        { field: 'input.settings.validityDays', message: 'It must be from 1 to 3650.' },
        { field: 'input.settings.serverName', message: 'It must not be empty.' },
      ],
    });
  });
});
