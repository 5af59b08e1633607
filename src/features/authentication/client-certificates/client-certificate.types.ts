import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType('ClientCertificate', {
  description: 'A TLS client certificate that its user has registered for signing in.',
})
export class ClientCertificateType {
  @Field(() => ID, { description: 'Id of the registration.' })
  id!: string;

  @Field(() => String, { description: 'Distinguished name of the holder, RFC 4514.' })
  subject!: string;

  @Field(() => String, { description: 'Distinguished name of the issuer, RFC 4514.' })
  issuer!: string;

  @Field(() => String, { description: 'SHA-256 of its DER, hexadecimal with colons.' })
  fingerprint!: string;

  @Field(() => Date, { description: 'End of its validity: it signs nobody in afterwards.' })
  notAfter!: Date;

  @Field(() => Date, { description: 'When it was registered.' })
  createdAt!: Date;
}
