import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import type { CertificateKind } from '../../kernel/certificate-kind.js';
import { CertificateKindEnum } from './certificate-kind.types.js';
import type { CertificateStatus, KeyOrigin } from './certificate-status.js';

export const CertificateStatusEnum = {
  VALID: 'VALID',
  ON_HOLD: 'ON_HOLD',
  REVOKED: 'REVOKED',
  EXPIRED: 'EXPIRED',
} as const satisfies { [S in CertificateStatus]: S };
registerEnumType(CertificateStatusEnum, {
  name: 'CertificateStatus',
  description: 'Whether relying parties may trust a certificate.',
  valuesConfig: {
    VALID: { description: 'In force.' },
    ON_HOLD: { description: 'Suspended (certificateHold); may become valid again.' },
    REVOKED: { description: 'Revoked for good.' },
    EXPIRED: { description: 'Past its notAfter.' },
  },
});

export const KeyOriginEnum = {
  DEVICE: 'DEVICE',
  SERVER: 'SERVER',
} as const satisfies { [O in KeyOrigin]: O };
registerEnumType(KeyOriginEnum, {
  name: 'KeyOrigin',
  description: 'Where a private key is made.',
  valuesConfig: {
    DEVICE: { description: 'On the phone, which it never leaves.' },
    SERVER: { description: 'By the server, which wraps it for the phone.' },
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
}
