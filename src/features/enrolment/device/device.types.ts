import { ArrayMaxSize, MaxLength, ValidateNested } from 'class-validator';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import { CertificateKindEnum } from '../../certificates/certificate-kind.types.js';
import { KeyOriginEnum } from '../../certificates/certificate.types.js';
import { MobileIdProfileType } from '../../profiles/profile.types.js';

/** Above what `readCertificateRequest` takes, which then says what is wrong. */
const MAX_CSR_CHARACTERS = 20_000;
const tooLong = { message: 'It is too long.' };

@ObjectType('KeyRequest', { description: 'One key that the phone is asked for.' })
export class KeyRequestType {
  @Field(() => CertificateKindEnum, { description: 'What the key will be for.' })
  kind!: CertificateKind;

  @Field(() => KeyOriginEnum, {
    description:
      'Where the key is made. For one of origin SERVER the phone sends no request, but a key to wrap it for.',
  })
  origin!: 'DEVICE' | 'SERVER';

  @Field(() => [String], { description: 'Key types that will do, the preferred one first.' })
  algorithms!: readonly string[];
}

@ObjectType('DeviceTask', {
  description:
    'What a phone that has scanned the code is asked to do. The same phone asking again gets the same.',
})
export class DeviceTaskType {
  @Field(() => ID, { description: 'Id of the enrolment.' })
  enrolmentId!: string;

  @Field(() => String, {
    description:
      'Secret of this phone for the rest of this enrolment; also opens enrolmentStatus (connectionParams `deviceToken`) and cancelEnrolment (header `x-device-token`).',
  })
  deviceToken!: string;

  @Field(() => String, {
    description: 'Must stand in every certificate request as its challengePassword.',
  })
  challenge!: string;

  @Field(() => [KeyRequestType], {
    description: 'One certificate request is due for each of origin DEVICE.',
  })
  keyRequests!: readonly KeyRequestType[];

  @Field(() => Boolean, {
    description:
      'Whether activateEnrolment needs a wrappingKey: for a key that the server makes, or for earlier ones that are recovered.',
  })
  needsWrappingKey!: boolean;

  @Field(() => Boolean, {
    description: 'Whether encryption keys of earlier mobile IDs come along with the activation.',
  })
  bringsEarlierKeys!: boolean;

  @Field(() => String, { description: 'The server, for people to read.' })
  serverName!: string;

  @Field(() => String, { description: 'What the phone is to call the mobile ID.' })
  profileName!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'For whom; null in a SELF_REGISTRATION project, where the ID is assigned at activation.',
  })
  accountName!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'To compare with the page, where the project asks for it.',
  })
  confirmationCode!: string | null;

  @Field(() => Date, { description: 'The end of the whole enrolment.' })
  expiresAt!: Date;
}

@ObjectType('WrappedKey', {
  description: 'An encryption key that the server has made or recovered, wrapped for the phone.',
})
export class WrappedKeyType {
  @Field(() => ID, { description: 'The certificate that the key belongs to.' })
  certificateId!: string;

  @Field(() => String, {
    description:
      'JWE, compact, of the PKCS #8 key (A256GCM; RSA-OAEP-256, ECDH-ES+A256KW or ECDH-ES). Its protected header names the certificate as `certificateId`.',
  })
  jwe!: string;
}

@ObjectType('IssuedMobileId', { description: 'What the phone gets for its requests.' })
export class IssuedMobileIdType {
  @Field(() => MobileIdProfileType, { description: 'The mobile ID with its certificates.' })
  profile!: MobileIdProfileType;

  @Field(() => [String], { description: 'PEM, issuer first, root last.' })
  chain!: readonly string[];

  @Field(() => [WrappedKeyType], {
    description:
      'Keys that were made by the server, and those that were recovered. Empty where there are none, once the phone has acknowledged them or the mobile ID is over, and after 24 hours, or after a week where they came by a renewal.',
  })
  encryptionKeys!: readonly WrappedKeyType[];
}

@InputType('DeviceInput', { description: 'How the phone describes itself.' })
export class DeviceInput {
  @Field(() => String, { description: 'Shown to who watches. 1 to 100 characters.' })
  name!: string;

  @Field(() => String, { description: 'Operating system. 1 to 100 characters.' })
  platform!: string;

  @Field(() => String, { nullable: true, description: 'Model. Up to 100 characters.' })
  model?: string | null;
}

@InputType('ClaimEnrolmentInput', { description: 'What a phone says when it has scanned a code.' })
export class ClaimEnrolmentInput {
  @MaxLength(200, tooLong)
  @Field(() => String, {
    description:
      "What stands in the QR code: an enrolment's own code, or a project's activation code.",
  })
  code!: string;

  @Field(() => DeviceInput, { description: 'The phone.' })
  device!: DeviceInput;

  @MaxLength(4096, tooLong)
  @Field(() => String, {
    description:
      'Shows which phone this is. JWS, compact, ES256, its header carrying the phone\'s public `jwk` and `typ: "claim+jwt"`, its payload `aud` (the server\'s public URL), `iat` (within 60 s) and `cth` (base64url SHA-256 of the code).',
  })
  proof!: string;
}

@InputType('CertificateRequestInput', { description: 'A request for one certificate.' })
export class CertificateRequestInput {
  @Field(() => CertificateKindEnum, { description: 'Which certificate.' })
  kind!: CertificateKind;

  @MaxLength(MAX_CSR_CHARACTERS, tooLong)
  @Field(() => String, { description: 'PKCS #10, PEM.' })
  csr!: string;
}

/** What keys are asked for with, whichever way. */
@InputType()
export abstract class SentKeysInput {
  @ValidateNested({ each: true })
  @ArrayMaxSize(10, { message: 'It must have at most 10 entries.' })
  @Field(() => [CertificateRequestInput], {
    description: 'One for each key of origin DEVICE that was asked for.',
  })
  requests!: CertificateRequestInput[];

  @MaxLength(4096, tooLong)
  @Field(() => String, {
    nullable: true,
    description:
      'Public JWK that encryption keys are wrapped for: RSA of 2048 bits or more (RSA-OAEP-256), P-256 or P-384 (ECDH-ES+A256KW, or ECDH-ES where its `alg` says so). Needed where the task says needsWrappingKey.',
  })
  wrappingKey?: string | null;

  @MaxLength(20, tooLong)
  @Field(() => String, {
    nullable: true,
    description:
      'Which of the algorithms of the key of origin SERVER it shall have; the first of them, if left out.',
  })
  serverKeyAlgorithm?: string | null;
}

@InputType('ActivateEnrolmentInput', { description: 'What a phone sends to get its certificates.' })
export class ActivateEnrolmentInput extends SentKeysInput {
  @MaxLength(500, tooLong)
  @Field(() => String, { description: 'From the task.' })
  deviceToken!: string;
}
