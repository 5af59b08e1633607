import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { KEY_ALGORITHMS } from '../../../kernel/key-algorithm.js';
import type { Problem } from '../../../kernel/field-problems.js';
import { strictPlaceholderProblem } from '../../../kernel/template.js';
import { textProblem } from '../../../kernel/text.js';
import { OID } from '../x509/object-identifiers.js';
import type { CertificateProfile } from './certificate-profile.js';
import { isPurposeFor, purposeNamesFor } from './purposes.js';
import { altNameProblem, NAME_PLACEHOLDERS } from './template-checks.js';

type Check<T> = (value: T, kind: CertificateKind) => Problem;
type Checks = { readonly [Name in keyof CertificateProfile]: Check<CertificateProfile[Name]> };

const MAX_DAYS = 3650;
const MAX_ENTRIES = 10;
const MAX_TEMPLATE_CHARACTERS = 200;
const COUNTRY = /^[A-Z]{2}$/;
const MAX_OID_CHARACTERS = 128;
/** The second arc below 40, so that both stand in one octet, and each of the others in 32 bits. */
const OBJECT_IDENTIFIER = /^[0-2]\.(?:[0-9]|[1-3][0-9])(?:\.(?:0|[1-9]\d{0,9}))+$/;
const MAX_ARC = 0xffff_ffff;

/** What each field may be for itself. */
export const PROFILE_CHECKS: Checks = {
  keyAlgorithms: (names) =>
    listProblem(names, { min: 1 }) ??
    (names.every((name) => KEY_ALGORITHMS.includes(name))
      ? undefined
      : `They can be ${KEY_ALGORITHMS.join(', ')}.`),
  validityDays: days,
  maxValidityDays: days,
  commonName: (template) => nameTemplate(template),
  organization: (template) => (template === null ? undefined : nameTemplate(template)),
  organizationalUnit: (template) => (template === null ? undefined : nameTemplate(template)),
  country: (code) =>
    code === null || COUNTRY.test(code)
      ? undefined
      : 'It must be the two capital letters of a country (ISO 3166-1).',
  emailAddressInSubject: () => undefined,
  subjectAltNames: (names) =>
    listProblem(
      names.map(({ type, value }) => `${type} ${value}`),
      { min: 0 },
    ) ?? names.map(altNameProblem).find((problem) => problem),
  extendedKeyUsages: (ids, kind) => listProblem(ids, { min: 1 }) ?? purposeProblem(ids, kind),
  policies: (ids) => listProblem(ids, { min: 1 }) ?? policyProblem(ids),
};

/** What does not go together: a field, and why. */
export function contradictionsOf(
  profile: CertificateProfile,
): readonly (readonly [field: keyof CertificateProfile, problem: string])[] {
  const { validityDays, maxValidityDays, emailAddressInSubject, subjectAltNames } = profile;
  const found: [keyof CertificateProfile, string][] = [];
  if (validityDays !== null && maxValidityDays !== null && validityDays > maxValidityDays) {
    found.push(['validityDays', 'It must not be more than maxValidityDays.']);
  }
  // RFC 5280 4.1.2.6: an address in the subject is for old software, the subjectAltName has it in any case
  const hasAddress = subjectAltNames.some(
    ({ type, value }) => type === 'EMAIL' && value === '{email}',
  );
  if (emailAddressInSubject && !hasAddress) {
    found.push(['emailAddressInSubject', 'The address must stand in subjectAltNames as well.']);
  }
  return found;
}

function isObjectIdentifier(text: string): boolean {
  if (text.length > MAX_OID_CHARACTERS || !OBJECT_IDENTIFIER.test(text)) return false;
  return text.split('.').every((arc) => Number(arc) <= MAX_ARC);
}

function days(value: number | null): Problem {
  return value === null || (Number.isSafeInteger(value) && value >= 1 && value <= MAX_DAYS)
    ? undefined
    : `It must be from 1 to ${String(MAX_DAYS)}.`;
}

function nameTemplate(template: string): Problem {
  return (
    textProblem(template, { max: MAX_TEMPLATE_CHARACTERS }) ??
    strictPlaceholderProblem(template, NAME_PLACEHOLDERS)
  );
}

function listProblem(entries: readonly string[], { min }: { min: 0 | 1 }): Problem {
  if (entries.length < min) return 'It must not be empty.';
  if (entries.length > MAX_ENTRIES) return `There can be at most ${String(MAX_ENTRIES)}.`;
  return new Set(entries).size === entries.length ? undefined : 'Nothing may stand in it twice.';
}

function purposeProblem(ids: readonly string[], kind: CertificateKind): Problem {
  const isPossible = ids.every((id) => isObjectIdentifier(id) && isPurposeFor(kind, id));
  if (!isPossible) {
    return `They can be ${purposeNamesFor(kind).join(', ')}, or object identifiers of an enterprise's own.`;
  }
  if (kind === 'AUTHENTICATION' && !ids.includes(OID.CLIENT_AUTH)) {
    return 'clientAuth must be among them.';
  }
  // It falls away without an address, and without any purpose a key might be used for all of them.
  const isMailAlone = ids.every((id) => id === OID.EMAIL_PROTECTION);
  return kind === 'SIGNATURE' && isMailAlone
    ? 'There must be another one beside emailProtection.'
    : undefined;
}

function policyProblem(ids: readonly string[]): Problem {
  if (!ids.every(isObjectIdentifier))
    return 'They must be object identifiers, such as 1.3.6.1.4.1.32473.2.1.';
  return ids.includes(OID.ANY_POLICY) ? 'anyPolicy is for authorities only.' : undefined;
}
