import { Field, ID, ObjectType } from 'type-graphql';
import type { CertificateKind } from '../../kernel/certificate-kind.js';
import { graphqlEnum } from '../access/graphql-enum.types.js';
import { CertificateKindEnum } from './certificate-kind.types.js';
import {
  CERTIFICATE_STATUSES,
  KEY_ORIGINS,
  type CertificateStatus,
  type KeyOrigin,
} from './certificate-status.js';
import { pemOf } from './x509/pem.js';

const CertificateStatusEnum = graphqlEnum(CERTIFICATE_STATUSES, {
  name: 'CertificateStatus',
  description: 'Whether relying parties may trust a certificate.',
  meanings: {
    VALID: 'In force.',
    ON_HOLD: 'Suspended (certificateHold); may become valid again.',
    REVOKED: 'Revoked for good.',
    EXPIRED: 'Past its notAfter.',
  },
});

export const KeyOriginEnum = graphqlEnum(KEY_ORIGINS, {
  name: 'KeyOrigin',
  description: 'Where a private key is made.',
  meanings: {
    DEVICE: 'On the phone, which it never leaves.',
    SERVER: 'By the server, which wraps it for the phone.',
  },
});

@ObjectType('Certificate', { description: 'One X.509 certificate of a mobile ID.' })
export class CertificateType {
  @Field(() => ID, { description: 'Id of the certificate in Signet.' })
  id!: string;

  @Field(() => CertificateKindEnum, { description: 'What its key is for.' })
  kind!: CertificateKind;

  @Field(() => CertificateStatusEnum, { description: 'Whether it can be trusted now.' })
  status!: CertificateStatus;

  @Field(() => String, { description: 'Hexadecimal, upper case.' })
  serialNumber!: string;

  @Field(() => String, { description: 'Distinguished name of the holder, RFC 4514.' })
  subject!: string;

  @Field(() => String, { description: 'Distinguished name of the issuer, RFC 4514.' })
  issuer!: string;

  @Field(() => Date, { description: 'Start of its validity.' })
  notBefore!: Date;

  @Field(() => Date, { description: 'End of its validity.' })
  notAfter!: Date;

  @Field(() => KeyOriginEnum, { description: 'Where its private key was made.' })
  keyOrigin!: KeyOrigin;

  @Field(() => String, { description: 'The certificate, PEM.' })
  pem!: string;

  @Field(() => String, { description: 'SHA-256 of its DER, hexadecimal with colons.' })
  fingerprint!: string;

  @Field(() => Date, { nullable: true, description: 'When it was revoked or put on hold.' })
  revokedAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it was revoked or put on hold: a CRLReason of RFC 5280, such as certificateHold.',
  })
  revocationReason!: string | null;

  @Field(() => Boolean, {
    description:
      'Whether this mobile ID brought it along from an earlier one, to read what was encrypted for that; false outside of a mobile ID.',
  })
  recovered!: boolean;
}

type CertificateRow = Omit<CertificateType, 'pem' | 'recovered'> & { readonly der: Buffer };

export function toCertificate(row: CertificateRow, recovered = false): CertificateType {
  return Object.assign(row, { pem: pemOf(row.der), recovered });
}

@ObjectType('CertificateAuthority', {
  description: 'The authority that issues the certificates of mobile IDs.',
})
export class CertificateAuthorityType {
  @Field(() => String, { description: 'Its distinguished name, RFC 4514.' })
  subject!: string;

  @Field(() => String, { description: 'Type of its key, such as RSA-2048 or P-256.' })
  keyAlgorithm!: string;

  @Field(() => String, { description: 'Its certificate, PEM.' })
  pem!: string;

  @Field(() => [String], { description: 'PEM, issuer first, root last.' })
  chain!: readonly string[];

  @Field(() => String, { description: 'SHA-256 of its DER, hexadecimal with colons.' })
  fingerprint!: string;

  @Field(() => String, {
    description: 'Where its certificate revocation list is found (RFC 5280), plain http.',
  })
  crlUrl!: string;

  @Field(() => String, {
    description: 'Where its OCSP responder answers (RFC 6960), plain http, by GET and POST.',
  })
  ocspUrl!: string;
}
