import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { CERTIFICATE_KINDS } from '../../../kernel/certificate-kind.js';
import { expandTemplate, placeholdersIn } from '../../../kernel/template.js';
import {
  type CertificateProfile,
  DEFAULT_PROFILES,
  type SubjectAltNameTemplate,
} from '../profiles/certificate-profile.js';
import type { NamePlaceholder } from '../profiles/template-checks.js';
import { OID } from './object-identifiers.js';
import {
  type AlternativeName,
  type DistinguishedName,
  fitName,
  mailboxOf,
  type NameAttribute,
} from './distinguished-name.js';
import { certificatePolicies, extendedKeyUsage } from './certificate-encoder.js';
import type { Der } from './der-writer.js';

/** What the templates of a profile are filled with. */
export interface HolderNames {
  /** UUID; stays the same for all certificates of one profile. */
  readonly profileId: string;
  /** What people call the holder. */
  readonly commonName: string;
  readonly email: string | undefined;
  readonly username?: string;
  readonly projectName?: string;
}

/** What a certificate says of its holder. */
export interface CertificateContent {
  readonly subject: DistinguishedName;
  readonly names: readonly AlternativeName[];
  /** Extended key usage, where there is one, and policies. */
  readonly extensions: readonly Der[];
}

/** A certificate profile made ready: what is the same in all of its certificates is encoded once. */
export interface IssuingProfile {
  contentFor(holder: HolderNames): CertificateContent;
}

type Values = Readonly<Record<NamePlaceholder, string>>;
interface TemplateAttribute {
  readonly type: NameAttribute['type'];
  readonly template: string;
}

/** Unreserved characters of RFC 3986 2.3 stay, all else is escaped, so that no value can begin a new part of the URI. */
const RESERVED_BUT_KEPT = /[!'()*]/g;
/** ub-emailaddress-length of RFC 5280 appendix A. */
const MAX_EMAIL_CHARACTERS = 255;

export function compileProfile(profile: CertificateProfile): IssuingProfile {
  const policies = certificatePolicies(...profile.policies);
  const withMailbox = [...purposes(profile.extendedKeyUsages), policies];
  const withoutMailbox = [
    ...purposes(profile.extendedKeyUsages.filter((id) => id !== OID.EMAIL_PROTECTION)),
    policies,
  ];
  const attributes = attributesOf(profile);
  return {
    contentFor(holder) {
      const values = valuesOf(holder);
      const names = namesFor(profile, values);
      const hasMailbox = names.some(isMailbox);
      return {
        subject: subjectFor(attributes, values, {
          profileId: holder.profileId,
          address: profile.emailAddressInSubject ? mailAddressAmong(names, values) : undefined,
        }),
        names,
        extensions: hasMailbox ? withMailbox : withoutMailbox,
      };
    },
  };
}

export const DEFAULT_ISSUING_PROFILES = Object.fromEntries(
  CERTIFICATE_KINDS.map((kind) => [kind, compileProfile(DEFAULT_PROFILES[kind])]),
) as Readonly<Record<CertificateKind, IssuingProfile>>;

/** Nothing where there is nothing to say: no mail can be protected without an address. */
function purposes(ids: readonly string[]): Der[] {
  return ids.length === 0 ? [] : [extendedKeyUsage(...ids)];
}

function attributesOf(profile: CertificateProfile): TemplateAttribute[] {
  const { country, organization, organizationalUnit } = profile;
  return Object.entries({ country, organization, organizationalUnit })
    .flatMap(([type, template]) =>
      template === null ? [] : [{ type: type as NameAttribute['type'], template }],
    )
    .concat({ type: 'commonName', template: profile.commonName });
}

function valuesOf({ profileId, commonName, email, username, projectName }: HolderNames): Values {
  return {
    profileId: profileId.toLowerCase(),
    displayName: commonName,
    email: email ?? '',
    username: username ?? '',
    projectName: projectName ?? '',
  };
}

/** In encoding order, which RFC 4514 prints backwards: each value in an attribute of its own, whatever it holds. */
function subjectFor(
  attributes: readonly TemplateAttribute[],
  values: Values,
  { profileId, address }: { profileId: string; address: string | undefined },
): DistinguishedName {
  const filled = attributes.flatMap(({ type, template }): NameAttribute[] => {
    const whole = isFilled(template, values)
      ? template
      : type === 'commonName'
        ? '{displayName}'
        : '';
    const value = fitted(expandTemplate(whole, values).normalize('NFC'));
    return value === '' ? [] : [{ type, value }];
  });
  const general = filled.filter(({ type }) => type !== 'commonName');
  const own = filled.filter(({ type }) => type === 'commonName');
  const id: NameAttribute = { type: 'serialNumber', value: profileId };
  return [
    ...general,
    id,
    ...own,
    ...(address === undefined ? [] : [{ type: 'emailAddress' as const, value: address }]),
  ];
}

function fitted(text: string): string {
  const cut = fitName(text);
  return cut.length < text.length ? cut.trimEnd() : cut;
}

function namesFor({ subjectAltNames }: CertificateProfile, values: Values): AlternativeName[] {
  const names: AlternativeName[] = [{ form: 'uri', address: `urn:uuid:${values.profileId}` }];
  for (const template of subjectAltNames) {
    const name = alternativeName(template, values);
    const isNew = name && !names.some((it) => it.form === name.form && it.address === name.address);
    if (isNew) names.push(name);
  }
  return names;
}

/** Undefined where a value is missing, or does not fit: half a name would be another one's. */
function alternativeName(
  { type, value }: SubjectAltNameTemplate,
  values: Values,
): AlternativeName | undefined {
  if (!isFilled(value, values)) return undefined;
  if (type === 'URI') {
    if (Object.values(values).some(isDotSegment)) return undefined;
    return { form: 'uri', address: expandTemplate(value, mapValues(values, percentEncoded)) };
  }
  const mailbox = mailboxOf(expandTemplate(value, values));
  if (mailbox === undefined || type === 'EMAIL') return mailbox;
  return { form: 'userPrincipalName', address: mailbox.address };
}

/** IA5String has no other letters than ASCII's. */
function mailAddressAmong(
  names: readonly AlternativeName[],
  { email }: Values,
): string | undefined {
  const own = mailboxOf(email);
  const isFit = own?.form === 'rfc822Name' && own.address.length <= MAX_EMAIL_CHARACTERS;
  return isFit && names.some(({ address }) => address === own.address) ? own.address : undefined;
}

function isMailbox({ form }: AlternativeName): boolean {
  return form === 'rfc822Name' || form === 'smtpUtf8Mailbox';
}

function isFilled(template: string, values: Values): boolean {
  return placeholdersIn(template).every((name) => values[name as NamePlaceholder] !== '');
}

// RFC 3986 5.2.4: it would be resolved away, whether it is escaped or not
function isDotSegment(value: string): boolean {
  return value === '.' || value === '..';
}

function percentEncoded(value: string): string {
  const wellFormed = Buffer.from(value, 'utf8').toString('utf8'); // half a surrogate pair would throw
  return encodeURIComponent(wellFormed).replace(
    RESERVED_BUT_KEPT,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function mapValues(values: Values, change: (value: string) => string): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, change(value)]),
  ) as Record<NamePlaceholder, string>;
}
