import { TAG } from '../../../src/features/certificates/x509/der';
import { hasDuplicates, rulesOf, unless } from './rule';
import {
  BOOLEAN,
  extensionOf,
  ID,
  isAuthority,
  isCritical,
  isSelfIssued,
  keyIdentifierOf,
  keyUsagesOf,
  type ReadCertificate,
} from './structure';
import { dateOf, timeProblem } from './times';

export interface Issued {
  readonly certificate: ReadCertificate;
  readonly issuer: ReadCertificate;
}

const UNDERSTOOD_CRITICAL: readonly string[] = [
  ID.keyUsage,
  ID.basicConstraints,
  ID.subjectAltName,
];
const NEVER_CRITICAL = [
  ID.authorityKeyIdentifier,
  ID.subjectKeyIdentifier,
  ID.authorityInfoAccess,
  ID.noCheck,
  ID.cRLDistributionPoints,
];

/** Version, serial number, times, names' places: all but the extensions' contents. */
export const FIELD_RULES = rulesOf<Issued>([
  {
    name: 'version_3',
    source: 'RFC 5280 4.1.2.1; zlint e_invalid_certificate_version',
    problem: ({ certificate }) =>
      unless(certificate.version?.content[0] === 2, 'It is not version 3.'),
  },
  {
    name: 'serial_positive',
    source: 'RFC 5280 4.1.2.2; zlint e_serial_number_not_positive',
    problem: ({ certificate: { serial } }) =>
      unless(
        (serial.content[0] ?? 0x80) < 0x80 && serial.content.some((octet) => octet !== 0),
        'It is zero or negative.',
      ),
  },
  {
    name: 'serial_at_most_20_octets',
    source: 'RFC 5280 4.1.2.2; zlint e_serial_number_longer_than_20_octets',
    problem: ({ certificate: { serial } }) =>
      unless(serial.content.length <= 20, `It has ${String(serial.content.length)} octets.`),
  },
  {
    name: 'issuer_name_matches',
    source: 'RFC 5280 4.1.2.4 and 6.1.3 (a)(4); certlint',
    problem: ({ certificate, issuer }) =>
      unless(
        certificate.issuer.encoded.equals(issuer.subject.encoded),
        "It is not the issuer's subject, octet by octet.",
      ),
  },
  {
    name: 'issuer_not_empty',
    source: 'RFC 5280 4.1.2.4; zlint e_issuer_field_empty',
    problem: ({ certificate }) => unless(certificate.issuer.items.length > 0, 'It is empty.'),
  },
  {
    name: 'subject_not_empty',
    source: 'RFC 5280 4.1.2.6; zlint e_ca_subject_field_empty (of a holder, his id stands there)',
    problem: ({ certificate }) => unless(certificate.subject.items.length > 0, 'It is empty.'),
  },
  {
    name: 'times_encoded',
    source:
      'RFC 5280 4.1.2.5; zlint e_wrong_time_format_pre2050, e_utc_time_not_in_zulu, e_generalized_time_includes_fraction_seconds',
    problem: ({ certificate }) =>
      timeProblem(certificate.notBefore) ?? timeProblem(certificate.notAfter),
  },
  {
    name: 'validity_positive',
    source: 'RFC 5280 4.1.2.5; zlint e_validity_time_not_positive',
    problem: ({ certificate }) =>
      unless(
        dateOf(certificate.notBefore) < dateOf(certificate.notAfter),
        'It ends before it begins.',
      ),
  },
  {
    name: 'validity_within_issuer',
    source: 'RFC 5280 6.1.3 (a)(2), shell model; no public linter',
    problem: ({ certificate, issuer }) =>
      unless(
        dateOf(issuer.notBefore) <= dateOf(certificate.notBefore) &&
          dateOf(certificate.notAfter) <= dateOf(issuer.notAfter),
        'It lies outside that of its issuer.',
      ),
  },
  {
    name: 'no_unique_ids',
    source: 'RFC 5280 4.1.2.8; zlint e_cert_contains_unique_identifier',
    problem: ({ certificate }) => unless(certificate.uniqueIds.length === 0, 'It has one.'),
  },
  {
    name: 'issuer_may_sign',
    source: 'RFC 5280 4.2.1.3 and 4.2.1.9',
    problem: ({ issuer }) =>
      unless(
        isAuthority(issuer) && keyUsagesOf(issuer).includes('keyCertSign'),
        'The issuer is no authority.',
      ),
  },
]);

/** What is asked of extensions as such, and of those that tie a certificate to its issuer. */
export const EXTENSION_RULES = rulesOf<Issued>([
  {
    name: 'extensions_unique',
    source: 'RFC 5280 4.2; zlint e_ext_duplicate_extension',
    problem: ({ certificate }) =>
      unless(!hasDuplicates(certificate.extensions.map(({ id }) => id)), 'One stands twice.'),
  },
  {
    name: 'extensions_default_not_encoded',
    source: 'X.690 11.5; pkilint DER',
    problem: ({ certificate }) =>
      unless(
        certificate.extensions.every(({ critical }) => critical?.content[0] !== 0),
        'critical FALSE is written out.',
      ),
  },
  {
    name: 'extensions_critical_known',
    source: 'RFC 5280 4.2',
    problem: ({ certificate }) =>
      unless(
        certificate.extensions.every(
          (extension) => !isCritical(extension) || UNDERSTOOD_CRITICAL.includes(extension.id),
        ),
        'One that verifiers may not know is critical.',
      ),
  },
  {
    name: 'extensions_not_critical',
    source:
      'RFC 5280 4.2.1.1, 4.2.1.2, 4.2.1.13, 4.2.2.1; zlint e_ext_authority_key_identifier_critical, e_ext_subject_key_identifier_critical, e_ext_aia_marked_critical',
    problem: ({ certificate }) =>
      unless(
        NEVER_CRITICAL.every((id) => !isCritical(extensionOf(certificate, id))),
        'One that must not be critical is.',
      ),
  },
  {
    name: 'authority_key_identifier',
    source:
      'RFC 5280 4.2.1.1; zlint e_ext_authority_key_identifier_missing, e_ext_authority_key_identifier_no_key_identifier',
    problem: ({ certificate, issuer }) => {
      const keyId = keyIdentifierOf(extensionOf(certificate, ID.authorityKeyIdentifier));
      const wanted = extensionOf(issuer, ID.subjectKeyIdentifier)?.value.content;
      return unless(
        keyId !== undefined && wanted !== undefined && keyId.equals(wanted),
        "It does not name the issuer's key.",
      );
    },
  },
  {
    name: 'subject_key_identifier',
    source:
      'RFC 5280 4.2.1.2; zlint e_ext_subject_key_identifier_missing_ca, w_ext_subject_key_identifier_missing_sub_cert',
    problem: ({ certificate }) => {
      const value = extensionOf(certificate, ID.subjectKeyIdentifier)?.value;
      const isFit = value?.tag === TAG.OCTET_STRING && value.content.length > 0;
      return unless(isFit && value.content.length <= 20, 'It is missing, or not 1 to 20 octets.');
    },
  },
  {
    name: 'basic_constraints_of_authority',
    source:
      'RFC 5280 4.2.1.9; zlint e_basic_constraints_not_critical, e_path_len_constraint_improperly_included',
    problem: ({ certificate }) => {
      const signs = keyUsagesOf(certificate).includes('keyCertSign');
      const extension = extensionOf(certificate, ID.basicConstraints);
      if (signs !== isAuthority(certificate)) return 'keyCertSign and cA go together.';
      return unless(!isAuthority(certificate) || isCritical(extension), 'It is not critical.');
    },
  },
  {
    name: 'basic_constraints_of_holder',
    source: 'RFC 5280 4.2.1.9 and X.690 11.5; zlint e_path_len_constraint_improperly_included',
    problem: ({ certificate }) => {
      if (isAuthority(certificate)) return undefined;
      const items = extensionOf(certificate, ID.basicConstraints)?.value.items ?? [];
      return unless(items.length === 0, 'cA FALSE is written out, or there is a path length.');
    },
  },
  {
    name: 'path_length_not_negative',
    source: 'RFC 5280 4.2.1.9; zlint e_path_len_constraint_zero_or_less (of negative ones)',
    problem: ({ certificate }) => {
      const [cA, length] = extensionOf(certificate, ID.basicConstraints)?.value.items ?? [];
      const isFit = length === undefined || (cA?.tag === BOOLEAN && length.tag === TAG.INTEGER);
      return unless(isFit && (length?.content[0] ?? 0) < 0x80, 'It is negative.');
    },
  },
  {
    name: 'path_length_kept',
    source: 'RFC 5280 6.1.4 (m)',
    problem: ({ certificate, issuer }) => {
      const limit = extensionOf(issuer, ID.basicConstraints)?.value.items[1]?.content[0];
      const isLast = limit === 0 && isAuthority(certificate) && !isSelfIssued(certificate);
      return unless(!isLast, 'The issuer may sign no authority.');
    },
  },
]);
