import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { FieldProblems, type Problem } from '../../../kernel/field-problems.js';
import { type CertificateProfile, type ProfileSettings, profileOf } from './certificate-profile.js';
import { contradictionsOf, PROFILE_CHECKS } from './profile-checks.js';
import { purposeIdOf } from './purposes.js';

/** Absent fields stay as they are, null takes back what was set. Extended key usages may be told by name. */
export type ProfileInput = {
  readonly [Name in keyof CertificateProfile]?: CertificateProfile[Name] | null | undefined;
};

type Fields = Record<string, unknown>;

/**
 * The settings of a project after the changes to one kind.
 * @throws DomainError INVALID_INPUT, with the paths of all fields that are refused
 */
export function changeProfile(
  settings: ProfileSettings,
  kind: CertificateKind,
  input: ProfileInput,
  projectDays: number,
): ProfileSettings {
  const given = Object.entries(normalised(input)).filter(([, value]) => value !== undefined);
  const problems = new FieldProblems();
  for (const [name, value] of given) problems.note(`input.${name}`, problemOf(name, value, kind));
  problems.refuse();
  const merged = merge(settings, kind, given);
  const profile = profileOf(merged, kind);
  for (const [field, problem] of contradictionsOf(profile)) {
    problems.note(`input.${field}`, problem);
  }
  for (const field of ['validityDays', 'maxValidityDays'] as const) {
    const isLonger = field in input && (profile[field] ?? 0) > projectDays;
    const days = String(projectDays);
    const longer = `The project's mobile IDs are valid for ${days} days.`;
    problems.note(`input.${field}`, isLonger ? longer : undefined);
  }
  problems.refuse();
  return merged;
}

/** Of a kind without any setting nothing is left. */
function merge(
  settings: ProfileSettings,
  kind: CertificateKind,
  given: readonly (readonly [name: string, value: unknown])[],
): ProfileSettings {
  const changed = { ...settings[kind], ...Object.fromEntries(given) };
  const set = Object.entries(changed).filter(([, value]) => value !== null);
  const others = Object.entries(settings).filter(([name]) => name !== kind);
  const own = set.length === 0 ? [] : [[kind, Object.fromEntries(set)] as const];
  return Object.fromEntries([...others, ...own]);
}

function problemOf(name: string, value: unknown, kind: CertificateKind): Problem {
  if (!Object.hasOwn(PROFILE_CHECKS, name)) return 'There is no such field.';
  if (value === null) return undefined;
  return PROFILE_CHECKS[name as keyof CertificateProfile](value as never, kind);
}

/** Names and object identifiers of one purpose are the same, and so is one text in two Unicode forms. */
function normalised(input: ProfileInput): Fields {
  const fields: Fields = Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.normalize('NFC').trim() : value,
    ]),
  );
  const { extendedKeyUsages, subjectAltNames } = input;
  if (extendedKeyUsages) fields['extendedKeyUsages'] = extendedKeyUsages.map(purposeIdOf);
  if (subjectAltNames) {
    // of a GraphQL input only what is stored
    fields['subjectAltNames'] = subjectAltNames.map(({ type, value }) => ({
      type,
      value: value.normalize('NFC'),
    }));
  }
  return fields;
}
