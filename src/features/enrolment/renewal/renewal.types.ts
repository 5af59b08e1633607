import { MaxLength } from 'class-validator';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { KeyRequestType, SentKeysInput } from '../device/device.types.js';
import { MAX_RENEWAL_PROOF_CHARACTERS } from './renewal-proof.js';

const tooLong = { message: 'It is too long.' };

export const PROOF_DESCRIPTION =
  'Shows that this is the phone of the mobile ID, and that it holds its present key. JWS, compact, ES256, by the key that claimed the enrolment. Header: its public `jwk` and `typ: "renewal+jwt"`. Payload: `aud` (the server\'s public URL), `iat` (within 60 s), `sub` (id of the mobile ID) and `key`: another JWS, compact, by the AUTHENTICATION certificate\'s key, or the SIGNATURE certificate\'s where there is no other (ES256, ES384, RS256 or PS256 as the key is). Its header: `typ: "renewal-key+jwt"` and `x5t#S256`; its payload: `aud` and `iat`, as the outer one.';

@ObjectType('RenewalTask', { description: 'What a phone is asked to do to renew a mobile ID.' })
export class RenewalTaskType {
  @Field(() => ID, { description: 'Id of the mobile ID, which stays the same.' })
  profileId!: string;

  @Field(() => String, {
    description: 'Must stand in every certificate request as its challengePassword.',
  })
  challenge!: string;

  @Field(() => [KeyRequestType], {
    description: 'One certificate request, with a new key, is due for each of origin DEVICE.',
  })
  keyRequests!: readonly KeyRequestType[];

  @Field(() => Boolean, {
    description: 'Whether renewMobileId needs a wrappingKey: for a key that the server makes.',
  })
  needsWrappingKey!: boolean;

  @Field(() => String, { description: 'The server, for people to read.' })
  serverName!: string;

  @Field(() => String, { description: 'What the phone calls the mobile ID.' })
  profileName!: string;

  @Field(() => String, { description: 'For whom it is.' })
  accountName!: string;

  @Field(() => Date, { description: 'From when on renewMobileId renews it.' })
  renewableFrom!: Date;

  @Field(() => Date, { description: 'When the first of its certificates runs out.' })
  endsAt!: Date;
}

@InputType('RenewMobileIdInput', { description: 'What a phone sends to renew a mobile ID.' })
export class RenewMobileIdInput extends SentKeysInput {
  @MaxLength(MAX_RENEWAL_PROOF_CHARACTERS, tooLong)
  @Field(() => String, {
    description:
      'As for mobileIdRenewal. The inner payload also has `rqh`: base64url SHA-256 of the requests, in the order in which they are sent; of each its kind, a line feed, and its `csr`; then of `wrappingKey` and `serverKeyAlgorithm`, where they are sent, the name of the field, a line feed, and the value.',
  })
  proof!: string;
}
