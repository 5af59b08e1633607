import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { graphqlEnum } from '../../access/graphql-enum.types.js';
import { QrCode } from '../../qr/qr.types.js';
import { MOBILE_ID_PROOF_STATES, type MobileIdProofState } from './mobile-id-proof-state.js';

const MobileIdProofStateEnum = graphqlEnum(MOBILE_ID_PROOF_STATES, {
  name: 'MobileIdProofState',
  description: 'How far a proof by mobile ID has come.',
  meanings: {
    WAITING: 'No phone has answered yet.',
    ANSWERED:
      'The phone has signed; finishMobileIdProof takes it into the session, within a minute.',
    REJECTED: 'The person said no, or typed a wrong number.',
    EXPIRED: 'It ran out, a newer one took its place, or its session ended.',
    USED: 'It has become evidence of the session.',
  },
});

@ObjectType('MobileIdProof', {
  description: "A question to the phone that holds the caller's mobile ID.",
})
export class MobileIdProofType {
  @Field(() => ID, { description: 'Id of the proof, for mobileIdProof and finishMobileIdProof.' })
  id!: string;

  @Field(() => String, {
    description: 'Two digits, shown on the page for the person to type into the phone.',
  })
  number!: string;

  @Field(() => QrCode, { description: 'Opens the question on the phone; opening uses nothing up.' })
  qr!: QrCode;

  @Field(() => MobileIdProofStateEnum, { description: 'WAITING, as it has just begun.' })
  state!: MobileIdProofState;

  @Field(() => Date, { description: 'Until when the phone can answer.' })
  expiresAt!: Date;
}

@ObjectType('MobileIdProofEvent', { description: 'One step of a proof by mobile ID.' })
export class MobileIdProofEventType {
  @Field(() => ID, { description: 'Id of the proof.' })
  id!: string;

  @Field(() => MobileIdProofStateEnum, { description: 'Where it stands from this step on.' })
  state!: MobileIdProofState;

  @Field(() => String, {
    nullable: true,
    description: 'How the phone that answered calls itself; null before it has.',
  })
  deviceName!: string | null;
}

@ObjectType('MobileIdChallenge', {
  description: 'What a phone that has scanned the QR code asks its owner, and then signs.',
})
export class MobileIdChallengeType {
  @Field(() => ID, { description: 'Id of the proof: `jti` of the answer.' })
  id!: string;

  @Field(() => String, { description: '`nonce` of the answer.' })
  nonce!: string;

  @Field(() => String, { description: 'Who is to prove himself.' })
  displayName!: string;

  @Field(() => String, { description: 'Network address of the page that asks.' })
  address!: string;

  @Field(() => String, { nullable: true, description: 'User-Agent of the page that asks.' })
  userAgent!: string | null;

  @Field(() => [String], {
    description:
      'One for each mobile ID that may answer: base64url SHA-256 of nonce, `.` and the fingerprint of its AUTHENTICATION certificate. A phone finds its own; others learn nothing from it.',
  })
  hints!: readonly string[];

  @Field(() => Date, { description: 'Until when the phone can answer.' })
  expiresAt!: Date;
}

@InputType({ description: "A phone's answer to a question by mobile ID." })
export class AnswerMobileIdChallengeInput {
  @Field(() => String, { description: 'What stands behind `p.` in the QR code.' })
  code!: string;

  @Field(() => String, {
    description:
      "JWS, compact, by the mobile ID's AUTHENTICATION key (ES256, ES384, RS256 or PS256 as the key is). Header: `typ: mobile-id+jwt` and `x5t#S256`. Payload: `aud` (the server's public URL), `jti`, `nonce`, `number` (two digits, as typed) and `iat` (within 60 s).",
  })
  answer!: string;
}
