import { Field, ID, ObjectType } from 'type-graphql';
import { QrCode } from '../../qr/qr.types.js';

@ObjectType('TotpAuthenticator', {
  description: 'An authenticator app that shows time-based one-time codes (RFC 6238).',
})
export class TotpAuthenticatorType {
  @Field(() => ID, { description: 'For removing it.' })
  id!: string;

  @Field(() => String, { description: 'What its owner calls it.' })
  name!: string;

  @Field(() => Date, { description: 'When its secret was made.' })
  createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When one of its codes was last accepted as a proof; null where none was.',
  })
  lastUsedAt!: Date | null;

  @Field(() => Boolean, {
    description:
      'Whether it counts: until a code has confirmed it, it proves nothing, and is forgotten after ten minutes.',
  })
  isConfirmed!: boolean;
}

@ObjectType('TotpEnrolment', {
  description: 'What an authenticator app needs to take a new secret in. It is shown once.',
})
export class TotpEnrolmentType {
  @Field(() => TotpAuthenticatorType, { description: 'Confirm it by a code of the app.' })
  authenticator!: TotpAuthenticatorType;

  @Field(() => String, {
    description:
      'The secret in base32, for apps that scan nothing: SHA-1, six digits, thirty seconds.',
  })
  secret!: string;

  @Field(() => QrCode, { description: 'An otpauth: URI, for the app to scan.' })
  qr!: QrCode;
}
