import { TAG } from '../../../src/features/certificates/x509/der';
import type { ReadRevocationList, RevokedEntry } from './revocation-list';
import { hasDuplicates, rulesOf, unless } from './rule';
import {
  ENUMERATED,
  extensionOf,
  ID,
  isAuthority,
  isCritical,
  keyIdentifierOf,
  keyUsagesOf,
  type ReadCertificate,
} from './structure';
import { dateOf, generalizedTimeProblem, timeProblem } from './times';

interface Published {
  readonly list: ReadRevocationList;
  readonly issuer: ReadCertificate;
}

/** RFC 5280 5.3.1 without unspecified (0), unused (7) and removeFromCRL (8), which is for delta CRLs. */
const REASONS = [1, 2, 3, 4, 5, 6, 9, 10];
const UNDERSTOOD_CRITICAL: readonly string[] = [ID.issuingDistributionPoint];

export const CRL_RULES = rulesOf<Published>([
  {
    name: 'crl_version_2',
    source: 'RFC 5280 5.1.2.1',
    problem: ({ list }) => unless(list.version?.content[0] === 1, 'It is not version 2.'),
  },
  {
    name: 'crl_issuer_matches',
    source: 'RFC 5280 5.1.2.3 and 6.3.3 (b)(1)',
    problem: ({ list, issuer }) =>
      unless(list.issuer.encoded.equals(issuer.subject.encoded), "It is not the issuer's subject."),
  },
  {
    name: 'crl_issuer_may_sign',
    source: 'RFC 5280 4.2.1.3 and 6.3.3 (f)',
    problem: ({ issuer }) =>
      unless(isAuthority(issuer) && keyUsagesOf(issuer).includes('cRLSign'), 'cRLSign is not set.'),
  },
  {
    name: 'crl_times_encoded',
    source: 'RFC 5280 5.1.2.4 to 5.1.2.6',
    problem: ({ list }) =>
      [
        list.thisUpdate,
        ...ifAny(list.nextUpdate),
        ...entriesOf(list).map(({ revokedAt }) => revokedAt),
      ]
        .map(timeProblem)
        .find((problem) => problem),
  },
  {
    name: 'crl_next_update',
    source: 'RFC 5280 5.1.2.5; zlint e_crl_has_next_update, crl_next_update_invalid',
    problem: ({ list: { thisUpdate, nextUpdate } }) =>
      unless(
        nextUpdate !== undefined && dateOf(thisUpdate) < dateOf(nextUpdate),
        'It is absent, or not after thisUpdate.',
      ),
  },
  {
    name: 'crl_revoked_certificates_not_empty',
    source: 'RFC 5280 5.1.2.6; zlint crl_revoked_certificates_field_empty',
    problem: ({ list }) => unless(list.entries?.length !== 0, 'The list is there, and empty.'),
  },
  {
    name: 'crl_entry_serials',
    source: 'RFC 5280 5.1.2.6 and 4.1.2.2',
    problem: ({ list }) => {
      const serials = entriesOf(list).map(({ serial }) => serial.content);
      const areFit = serials.every((it) => it.length <= 20 && (it[0] ?? 0x80) < 0x80);
      return unless(
        areFit && !hasDuplicates(serials.map((it) => it.toString('hex'))),
        'One is negative or too long, or stands twice.',
      );
    },
  },
  {
    name: 'crl_revoked_before_this_update',
    source: 'RFC 5280 5.1.2.4; zlint crl_revocation_time_not_after_this_update',
    problem: ({ list }) =>
      unless(
        entriesOf(list).every(({ revokedAt }) => dateOf(revokedAt) <= dateOf(list.thisUpdate)),
        'An entry is of later.',
      ),
  },
  {
    name: 'crl_reason_codes',
    source: 'RFC 5280 5.3.1; zlint e_crl_has_valid_reason_code',
    problem: ({ list }) =>
      unless(
        reasonsOf(list).every(
          ({ value }) => value.tag === ENUMERATED && REASONS.includes(value.content[0] ?? -1),
        ),
        'One is unspecified, which is to be left out, or unknown.',
      ),
  },
  {
    name: 'crl_invalidity_dates',
    source: 'RFC 5280 5.3.2',
    problem: ({ list }) =>
      entriesOf(list)
        .flatMap((entry) => ifAny(extensionOf(entry, ID.invalidityDate)?.value))
        .map(generalizedTimeProblem)
        .find((problem) => problem),
  },
  {
    name: 'crl_entry_extensions',
    source: 'RFC 5280 5.3, X.690 11.5; zlint crl_empty_extn_sequence',
    problem: ({ list }) =>
      unless(entriesOf(list).every(hasSoundExtensions), 'Empty, critical, or one twice.'),
  },
  {
    name: 'crl_extensions_unique',
    source: 'RFC 5280 5.2 and 4.2',
    problem: ({ list }) =>
      unless(!hasDuplicates(list.extensions.map(({ id }) => id)), 'One stands twice.'),
  },
  {
    name: 'crl_extensions_default_not_encoded',
    source: 'X.690 11.5',
    problem: ({ list }) =>
      unless(
        list.extensions.every(({ critical }) => critical?.content[0] !== 0),
        'critical FALSE is written out.',
      ),
  },
  {
    name: 'crl_extensions_critical',
    source: 'RFC 5280 5.2.1, 5.2.3, 5.2.5',
    problem: ({ list }) =>
      unless(
        list.extensions.every((it) => isCritical(it) === UNDERSTOOD_CRITICAL.includes(it.id)),
        'One is critical that must not be, or not that must be.',
      ),
  },
  {
    name: 'crl_number',
    source: 'RFC 5280 5.2.3; zlint crl_missing_crl_number, crl_number_out_of_range',
    problem: ({ list }) => {
      const value = extensionOf(list, ID.cRLNumber)?.value;
      const isFit = value?.tag === TAG.INTEGER && value.content.length <= 20;
      return unless(isFit && (value.content[0] ?? 0x80) < 0x80, 'Absent, negative or too long.');
    },
  },
  {
    name: 'crl_authority_key_identifier',
    source: 'RFC 5280 5.2.1; zlint crl_has_authority_key_identifier',
    problem: ({ list, issuer }) => {
      const keyId = keyIdentifierOf(extensionOf(list, ID.authorityKeyIdentifier));
      const wanted = extensionOf(issuer, ID.subjectKeyIdentifier)?.value.content;
      return unless(keyId !== undefined && wanted?.equals(keyId) === true, "Not the issuer's key.");
    },
  },
]);

function entriesOf(list: ReadRevocationList): readonly RevokedEntry[] {
  return list.entries ?? [];
}

function reasonsOf(list: ReadRevocationList): NonNullable<ReturnType<typeof extensionOf>>[] {
  return entriesOf(list).flatMap((entry) => ifAny(extensionOf(entry, ID.reasonCode)));
}

function hasSoundExtensions({ extensions, hasEmptyExtensions }: RevokedEntry): boolean {
  const ids = extensions.map(({ id }) => id);
  return (
    !hasEmptyExtensions && !hasDuplicates(ids) && extensions.every(({ critical }) => !critical)
  );
}

function ifAny<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
