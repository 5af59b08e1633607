import { Field, InputType, Int, ObjectType } from 'type-graphql';
import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import { graphqlEnum } from '../../access/graphql-enum.types.js';
import { CertificateKindEnum } from '../certificate-kind.types.js';
import { SUBJECT_ALT_NAME_TYPES, type SubjectAltNameType } from './certificate-profile.js';

const SubjectAltNameTypeEnum = graphqlEnum(SUBJECT_ALT_NAME_TYPES, {
  name: 'SubjectAltNameType',
  description: 'A form of name beside the id of the mobile ID, which always stands there.',
  meanings: {
    EMAIL:
      'A mail address: rfc822Name, or SmtpUTF8Mailbox (RFC 9598) where its local part is not ASCII.',
    URI: 'An absolute URI. What is put in is percent-encoded.',
    USER_PRINCIPAL_NAME: "Microsoft's otherName, such as username@domain.",
  },
});

const ADDRESS_HINT =
  'Placeholders: {username}, {email}, {profileId}; in a URI only behind the host. A mail address is {email}, or {username} or {profileId} at a fixed domain. The name is left out where a value is missing or does not fit.';

@ObjectType('SubjectAltNameTemplate', { description: 'One name in a subjectAltName.' })
export class SubjectAltNameTemplateType {
  @Field(() => SubjectAltNameTypeEnum, { description: 'Its form.' })
  type!: SubjectAltNameType;

  @Field(() => String, { description: ADDRESS_HINT })
  value!: string;
}

@InputType('SubjectAltNameTemplateInput', { description: 'One name in a subjectAltName.' })
export class SubjectAltNameTemplateInput {
  @Field(() => SubjectAltNameTypeEnum, { description: 'Its form.' })
  type!: SubjectAltNameType;

  @Field(() => String, { description: ADDRESS_HINT })
  value!: string;
}

@ObjectType('CertificateProfile', {
  description: 'What the certificates of one kind are in a project.',
})
export class CertificateProfileType {
  @Field(() => CertificateKindEnum, { description: 'Which certificates.' })
  kind!: CertificateKind;

  @Field(() => [String], {
    description:
      'Types that their keys may have, the preferred one first. An RSA key of another length counts as the next shorter one named.',
  })
  keyAlgorithms!: readonly string[];

  @Field(() => Int, {
    nullable: true,
    description: 'How long they are valid where the order does not say; null: as long as may be.',
  })
  validityDays!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "How long they are valid at most; null: as long as the project's mobile IDs. Never longer than those, nor than the authority.",
  })
  maxValidityDays!: number | null;

  @Field(() => String, {
    description:
      'Common name in the subject, cut to 64 characters. Placeholders: {displayName}, {username}, {email}, {profileId}, {projectName}; with one that has no value it is the display name.',
  })
  commonName!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Organization in the subject, with the same placeholders; null: none.',
  })
  organization!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Organizational unit in the subject, with the same placeholders; null: none.',
  })
  organizationalUnit!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Country in the subject, two letters; null: none.',
  })
  country!: string | null;

  @Field(() => Boolean, {
    description:
      'The address of the holder stands in the subject too, for old software, where it is all ASCII.',
  })
  emailAddressInSubject!: boolean;

  @Field(() => [SubjectAltNameTemplateType], {
    description: 'Names in the subjectAltName, beside urn:uuid with the id of the mobile ID.',
  })
  subjectAltNames!: readonly SubjectAltNameTemplateType[];

  @Field(() => [String], {
    description:
      'Extended key usages, by name or as object identifiers. emailProtection is left out of certificates without a mail address.',
  })
  extendedKeyUsages!: readonly string[];

  @Field(() => [String], { description: 'Policies, as object identifiers.' })
  policies!: readonly string[];
}

@InputType('CertificateProfileInput', {
  description:
    'A field left out stays as it is; null takes back what was set, so that the default of this server holds.',
})
export class CertificateProfileInput {
  @Field(() => CertificateKindEnum, { description: 'Which certificates.' })
  kind!: CertificateKind;

  @Field(() => [String], {
    nullable: true,
    description: 'Some of P-256, P-384, RSA-2048, RSA-3072, RSA-4096, the preferred one first.',
  })
  keyAlgorithms?: KeyAlgorithm[] | null;

  @Field(() => Int, {
    nullable: true,
    description: "1 to maxValidityDays, and to the project's validityDays.",
  })
  validityDays?: number | null;

  @Field(() => Int, { nullable: true, description: "1 to the project's validityDays." })
  maxValidityDays?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'At most 200 characters. Placeholders: {displayName}, {username}, {email}, {profileId}, {projectName}.',
  })
  commonName?: string | null;

  @Field(() => String, { nullable: true, description: 'As commonName.' })
  organization?: string | null;

  @Field(() => String, { nullable: true, description: 'As commonName.' })
  organizationalUnit?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Two capital letters, ISO 3166-1, such as SE.',
  })
  country?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Only with {email} as EMAIL in subjectAltNames.',
  })
  emailAddressInSubject?: boolean | null;

  @Field(() => [SubjectAltNameTemplateInput], {
    nullable: true,
    description: 'At most 10 different ones, or none.',
  })
  subjectAltNames?: SubjectAltNameTemplateInput[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      "One to ten. AUTHENTICATION: clientAuth, and smartcardLogon, pkinitKPClientAuth, ipsecIKE, secureShellClient; SIGNATURE: documentSigning, msDocumentSigning, adobeAuthenticDocumentsTrust, and beside these emailProtection; ENCRYPTION: emailProtection, msEncryptingFileSystem, msDocumentEncryption; each also as object identifier, and an enterprise's own.",
  })
  extendedKeyUsages?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'One to ten object identifiers; not anyPolicy.',
  })
  policies?: string[] | null;
}
