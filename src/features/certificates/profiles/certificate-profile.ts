import { CERTIFICATE_KINDS, type CertificateKind } from '../../../kernel/certificate-kind.js';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import { OID } from '../x509/object-identifiers.js';

/** What a subjectAltName may hold beside the id of the mobile ID. */
export const SUBJECT_ALT_NAME_TYPES = ['EMAIL', 'URI', 'USER_PRINCIPAL_NAME'] as const;
export type SubjectAltNameType = (typeof SUBJECT_ALT_NAME_TYPES)[number];

export interface SubjectAltNameTemplate {
  readonly type: SubjectAltNameType;
  readonly value: string;
}

/** What the certificates of one kind are in one project. */
export interface CertificateProfile {
  /** The preferred one first. */
  readonly keyAlgorithms: readonly KeyAlgorithm[];
  /** Where the order names none; null is as long as the mobile ID. */
  readonly validityDays: number | null;
  /** Whatever the order names; null is as long as the project's mobile IDs may be valid. */
  readonly maxValidityDays: number | null;
  readonly commonName: string;
  readonly organization: string | null;
  readonly organizationalUnit: string | null;
  readonly country: string | null;
  readonly emailAddressInSubject: boolean;
  readonly subjectAltNames: readonly SubjectAltNameTemplate[];
  /** Object identifiers. */
  readonly extendedKeyUsages: readonly string[];
  /** Object identifiers. */
  readonly policies: readonly string[];
}

/** What a project has set: nothing else of it is stored, so that the rest follows the defaults. */
export type ProfileSettings = Readonly<
  Partial<Record<CertificateKind, Partial<CertificateProfile>>>
>;

/** What was agreed at the order, of the kinds for which the project has set anything. */
export type CertificateTerms = Readonly<Partial<Record<CertificateKind, AgreedProfile>>>;

interface AgreedProfile extends CertificateProfile {
  readonly days: number;
}

const COMMON = {
  keyAlgorithms: ['P-256', 'P-384', ...KEY_ALGORITHMS.filter((name) => name.startsWith('RSA-'))],
  validityDays: null,
  maxValidityDays: null,
  commonName: '{displayName}',
  organization: null,
  organizationalUnit: null,
  country: null,
  emailAddressInSubject: false,
  subjectAltNames: [{ type: 'EMAIL', value: '{email}' }],
  policies: [OID.TEST_POLICY],
} satisfies Omit<CertificateProfile, 'extendedKeyUsages'>;

/** What certificates are where a project says nothing. */
export const DEFAULT_PROFILES: Readonly<Record<CertificateKind, CertificateProfile>> = {
  AUTHENTICATION: { ...COMMON, extendedKeyUsages: [OID.CLIENT_AUTH] },
  SIGNATURE: { ...COMMON, extendedKeyUsages: [OID.DOCUMENT_SIGNING] },
  ENCRYPTION: { ...COMMON, extendedKeyUsages: [OID.EMAIL_PROTECTION] },
};

export function profileOf(settings: ProfileSettings, kind: CertificateKind): CertificateProfile {
  return { ...DEFAULT_PROFILES[kind], ...settings[kind] };
}

/**
 * What an order fixes for its whole run, and for how many days the longest of its certificates is valid.
 * @param days of the project at most, and what the order asks for, null for nothing
 */
export function agreeTerms(
  settings: ProfileSettings,
  kinds: readonly CertificateKind[],
  days: { readonly project: number; readonly ordered: number | null },
): { readonly terms: CertificateTerms; readonly validityDays: number } {
  const daysOf = (kind: CertificateKind): number => {
    const { validityDays, maxValidityDays } = profileOf(settings, kind);
    const wanted = days.ordered ?? validityDays ?? days.project;
    return Math.min(wanted, maxValidityDays ?? wanted, days.project);
  };
  const agreed = CERTIFICATE_KINDS.filter(
    (kind) => kinds.includes(kind) && settings[kind] !== undefined,
  ).map((kind) => [kind, { ...profileOf(settings, kind), days: daysOf(kind) }] as const);
  return {
    terms: Object.fromEntries(agreed),
    validityDays: Math.max(...kinds.map(daysOf)),
  };
}

/** What a key of this type has to be among: an RSA modulus of another length counts as the next shorter named one. */
export function namedAlgorithm(keyAlgorithm: string): KeyAlgorithm | undefined {
  const bits = /^RSA-(\d+)$/.exec(keyAlgorithm)?.[1];
  if (bits === undefined) return KEY_ALGORITHMS.find((name) => name === keyAlgorithm);
  return KEY_ALGORITHMS.filter((name) => name.startsWith('RSA-')).findLast(
    (name) => Number(name.slice('RSA-'.length)) <= Number(bits),
  );
}
