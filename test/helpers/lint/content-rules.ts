import { type DerValue, TAG } from '../../../src/features/certificates/x509/der';
import type { Issued } from './certificate-rules';
import { attributesOf } from './name-rules';
import { hasDuplicates, rulesOf, unless } from './rule';
import {
  CONTEXT,
  extensionOf,
  ID,
  isAuthority,
  isCritical,
  isSelfIssued,
  oidOf,
  type ReadCertificate,
  WITHIN,
} from './structure';

const OTHER_NAME = WITHIN(0);
const RFC822_NAME = CONTEXT(1);
const DIRECTORY_NAME = WITHIN(4);
const URI = CONTEXT(6);
/** RFC 3986 3: scheme and something behind it. */
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;
const HOST =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$|^\[[0-9a-f:.]+\]$/i;
const MAILBOX =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;
const CONTENTS = new Map<string, string>([
  [ID.ocsp, 'OCSP'],
  [ID.caIssuers, 'caIssuers'],
]);

/** Alternative names, policies, and where revocation and issuer are found. */
export const CONTENT_RULES = rulesOf<Issued>([
  {
    name: 'san_not_empty',
    source: 'RFC 5280 4.2.1.6; zlint e_ext_san_no_entries, e_ext_san_empty_name',
    problem: ({ certificate }) => {
      const extension = extensionOf(certificate, ID.subjectAltName);
      if (extension === undefined)
        return unless(isAuthority(certificate) || isResponder(certificate), 'There is none.');
      const names = namesOf(certificate);
      return unless(
        names.length > 0 && names.every(({ content }) => content.length > 0),
        'It is empty.',
      );
    },
  },
  {
    name: 'san_no_name_twice',
    source: 'pkilint',
    problem: ({ certificate }) =>
      unless(
        !hasDuplicates(namesOf(certificate).map(({ encoded }) => encoded.toString('hex'))),
        'A name stands twice.',
      ),
  },
  {
    name: 'san_known_forms',
    source: 'RFC 5280 4.2.1.6',
    problem: ({ certificate }) =>
      unless(
        namesOf(certificate).every(({ tag }) =>
          [OTHER_NAME, RFC822_NAME, DIRECTORY_NAME, URI].includes(tag),
        ),
        'A name is of another form.',
      ),
  },
  {
    name: 'san_uri_absolute',
    source:
      'RFC 5280 4.2.1.6; zlint e_ext_san_uri_relative, e_ext_san_uri_format_invalid, e_ext_san_uri_not_ia5, e_ext_san_uri_host_not_fqdn_or_ip',
    problem: ({ certificate }) =>
      namesOf(certificate)
        .filter(({ tag }) => tag === URI)
        .map(uriProblem)
        .find((problem) => problem),
  },
  {
    name: 'san_rfc822_format',
    source: 'RFC 5280 4.2.1.6 with RFC 2821 4.1.2; zlint e_ext_san_rfc822_format_invalid',
    problem: ({ certificate }) =>
      unless(
        namesOf(certificate).every(
          ({ tag, content }) => tag !== RFC822_NAME || MAILBOX.test(content.toString('latin1')),
        ),
        'An address is no Mailbox, or not ASCII.',
      ),
  },
  {
    name: 'san_smtp_utf8_mailbox',
    source: 'RFC 9598 3; pkilint',
    problem: ({ certificate }) =>
      unless(
        namesOf(certificate).filter(isSmtpUtf8).every(isGoodSmtpUtf8),
        'A mailbox could be an rfc822Name, or is not UTF-8 with an ASCII domain.',
      ),
  },
  {
    name: 'san_criticality',
    source:
      'RFC 5280 4.2.1.6; zlint e_ext_san_not_critical_without_subject, w_ext_san_critical_with_subject_dn',
    problem: ({ certificate }) => {
      const extension = extensionOf(certificate, ID.subjectAltName);
      const isNameless = certificate.subject.items.length === 0;
      return unless(
        extension === undefined || isCritical(extension) === isNameless,
        'It is critical where there is a subject, or not where there is none.',
      );
    },
  },
  {
    name: 'subject_email_in_san',
    source: 'RFC 5280 4.1.2.6; certlint, pkilint',
    problem: ({ certificate }) => {
      const addresses = namesOf(certificate)
        .filter(({ tag }) => tag === RFC822_NAME)
        .map(({ content }) => content.toString('latin1'));
      const inSubject = attributesOf(certificate.subject).filter(
        ({ id }) => id === ID.emailAddress,
      );
      return unless(
        inSubject.every(({ text }) => addresses.includes(text)),
        'The address is not in the SAN.',
      );
    },
  },
  {
    name: 'policies_unique',
    source: 'RFC 5280 4.2.1.4; zlint e_ext_cert_policy_duplicate',
    problem: ({ certificate }) => {
      const extension = extensionOf(certificate, ID.certificatePolicies);
      const policies = policiesOf(certificate);
      const isFit = extension === undefined || policies.length > 0;
      return unless(isFit && !hasDuplicates(policies), 'One stands twice, or the list is empty.');
    },
  },
  {
    name: 'policies_of_holder',
    source: 'RFC 5280 4.2.1.4 and 6.1.3 (d); pkilint anyPolicy in an end entity',
    problem: ({ certificate }) => {
      const policies = policiesOf(certificate);
      const isHolder = !isAuthority(certificate) && !isResponder(certificate);
      return unless(
        !isHolder || (policies.length > 0 && !policies.includes(ID.anyPolicy)),
        'None, or anyPolicy.',
      );
    },
  },
  {
    name: 'crl_distribution_points',
    source:
      'RFC 5280 4.2.1.13 and 8; zlint e_distribution_point_incomplete, w_ext_crl_distribution_marked_critical',
    problem: ({ certificate }) => {
      const points = extensionOf(certificate, ID.cRLDistributionPoints)?.value.items ?? [];
      const needsNone = isSelfIssued(certificate) || isResponder(certificate);
      const isFit = points.every((point) => httpUris(point.items[0]?.items[0]).length > 0);
      return unless(isFit && (needsNone || points.length > 0), 'No http URI.');
    },
  },
  {
    name: 'authority_info_access',
    source:
      'RFC 5280 4.2.2.1 and 8; zlint w_sub_ca_aia_missing, w_sub_cert_aia_does_not_contain_issuing_ca_url, e_sub_cert_aia_does_not_contain_ocsp_url',
    problem: ({ certificate }) => {
      if (isSelfIssued(certificate) || isResponder(certificate)) return undefined;
      const found = accessesOf(certificate);
      return unless(
        ['OCSP', 'caIssuers'].every((method) => found.includes(method)),
        found.join(' '),
      );
    },
  },
  {
    name: 'authority_info_access_http',
    source: 'RFC 5280 4.2.2.1 and 8: plain http, absolute',
    problem: ({ certificate }) => {
      const { items = [] } = extensionOf(certificate, ID.authorityInfoAccess)?.value ?? {};
      return unless(
        items.every((item) => httpUris({ items: item.items.slice(1) }).length === 1),
        'Not http.',
      );
    },
  },
]);

function namesOf(certificate: ReadCertificate): readonly DerValue[] {
  return extensionOf(certificate, ID.subjectAltName)?.value.items ?? [];
}

function isResponder(certificate: ReadCertificate): boolean {
  return extensionOf(certificate, ID.noCheck) !== undefined;
}

function policiesOf(certificate: ReadCertificate): string[] {
  const { items = [] } = extensionOf(certificate, ID.certificatePolicies)?.value ?? {};
  return items.map((information) => oidOf(information.items[0]));
}

function accessesOf(certificate: ReadCertificate): string[] {
  const { items = [] } = extensionOf(certificate, ID.authorityInfoAccess)?.value ?? {};
  return items.map((item) => CONTENTS.get(oidOf(item.items[0])) ?? 'unknown');
}

function httpUris(names: Pick<DerValue, 'items'> | undefined): string[] {
  return (names?.items ?? [])
    .filter(({ tag, content }) => tag === URI && /^http:\/\/[^/]+/.test(content.toString('latin1')))
    .map(({ content }) => content.toString('latin1'));
}

function uriProblem({ content }: DerValue): string | undefined {
  const text = content.toString('latin1');
  if (!ABSOLUTE.test(text) || /%(?![0-9a-f]{2})/i.test(text)) return `${text} is not absolute.`;
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(text)?.[1];
  if (authority === undefined) return undefined;
  const host = authority.replace(/^.*@/, '').replace(/:\d+$/, '');
  return unless(HOST.test(host), `${host} is no host.`);
}

function isSmtpUtf8({ tag, items }: DerValue): boolean {
  return tag === OTHER_NAME && oidOf(items[0]) === ID.smtpUtf8Mailbox;
}

function isGoodSmtpUtf8({ items }: DerValue): boolean {
  const value = items[1]?.items[0];
  if (value?.tag !== TAG.UTF8_STRING) return false;
  const text = value.content.toString('utf8');
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(0, at));
  const isUtf8 = Buffer.from(text, 'utf8').equals(value.content) && !text.includes('\ufeff');
  return isUtf8 && /\P{ASCII}/u.test(local) && /^[a-z0-9.-]+$/i.test(text.slice(at + 1));
}
