import { DomainError } from '../../../kernel/errors.js';
import { FieldProblems, type Problem } from '../../../kernel/field-problems.js';
import {
  DEFAULT_ACTIVATION_TEXTS,
  DEFAULT_TEXTS,
  type InvitationTexts,
} from '../../notifications/invitation-text.service.js';
import { SETTING_CHECKS } from './setting-checks.js';
import type { ProvisioningSettings, SettingsInput } from './settings.js';

/**
 * The settings as they stand after the changes.
 * @param path of the input, for the paths of refused fields
 * @throws DomainError INVALID_INPUT; CHANNEL_NOT_AVAILABLE for a channel that this server does not have
 */
export function mergeSettings(
  current: ProvisioningSettings,
  input: SettingsInput,
  path = 'settings',
  { sendsSms }: ServerAbilities = { sendsSms: false },
): ProvisioningSettings {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const problems = new FieldProblems();
  for (const [name, value] of given) problems.note(`${path}.${name}`, settingProblem(name, value));
  problems.refuse();
  const merged = withTextsOfItsLanguage(current, Object.fromEntries(given));
  for (const { names, problem } of contradictions(merged)) {
    const field = names.find((name) => name in input) ?? names[0];
    problems.note(`${path}.${field}`, problem);
  }
  problems.refuse();
  if ('channels' in input && merged.channels.includes('SMS') && !sendsSms) {
    throw new DomainError('CHANNEL_NOT_AVAILABLE', { channel: 'SMS' });
  }
  return merged;
}

const NULLABLE: ReadonlySet<string> = new Set(['registrationUrlTemplate']);
/** What not every server can. */
export interface ServerAbilities {
  readonly sendsSms: boolean;
}

/** With another language come its texts, where the project has not worded its own. */
function withTextsOfItsLanguage(
  current: ProvisioningSettings,
  changes: Partial<ProvisioningSettings>,
): ProvisioningSettings {
  const { language = current.language } = changes;
  const texts = [DEFAULT_TEXTS, DEFAULT_ACTIVATION_TEXTS].flatMap((defaults) =>
    TEXTS.filter((name) => current[name] === defaults[current.language][name]).map(
      (name) => [name, defaults[language][name]] as const,
    ),
  );
  return { ...current, ...Object.fromEntries(texts), ...changes };
}

const TEXTS = Object.keys(DEFAULT_TEXTS.EN) as (keyof InvitationTexts)[];

function settingProblem(name: string, value: unknown): Problem {
  if (!isSettingName(name)) return 'There is no such setting.';
  if (value === null) return NULLABLE.has(name) ? undefined : 'It must not be empty.';
  return SETTING_CHECKS[name](value as never);
}

function isSettingName(name: string): name is keyof ProvisioningSettings {
  return Object.hasOwn(SETTING_CHECKS, name);
}

interface Contradiction {
  /** The settings that do not go together; the one that the caller gave is to blame. */
  readonly names: readonly [keyof ProvisioningSettings, ...(keyof ProvisioningSettings)[]];
  readonly problem: Problem;
}

function contradictions(settings: ProvisioningSettings): Contradiction[] {
  const { defaultCertificates, selectableCertificates } = settings;
  const longest = Math.max(settings.codeTtlSeconds, settings.invitationTtlSeconds);
  return [
    {
      names: ['defaultCertificates', 'selectableCertificates'],
      problem: defaultCertificates.every((kind) => selectableCertificates.includes(kind))
        ? undefined
        : 'Every default certificate must be selectable.',
    },
    {
      names: ['enrolmentTtlSeconds', 'invitationTtlSeconds', 'codeTtlSeconds'],
      problem:
        settings.enrolmentTtlSeconds >= longest
          ? undefined
          : 'A code must not be good for longer than its whole enrolment.',
    },
  ];
}
