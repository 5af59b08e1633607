import { Field, ID, ObjectType } from 'type-graphql';
import type { AuthenticationMethod } from '../../kernel/actor.js';
import { AuthenticationMethodEnum } from '../access/identity.types.js';

@ObjectType('Evidence', {
  description:
    'One proof of identity that this session has given: the evidence that access rules judge.',
})
export class EvidenceType {
  @Field(() => AuthenticationMethodEnum, { description: 'How identity was proven.' })
  method!: AuthenticationMethod;

  @Field(() => String, {
    nullable: true,
    description:
      "Of which provider, where the method has several: a SAML identity provider's name.",
  })
  provider!: string | null;

  @Field(() => Date, { description: 'When it was proven.' })
  at!: Date;
}

@ObjectType('Session', { description: 'One sign-in of a user, at one browser or program.' })
export class SessionType {
  @Field(() => ID, { description: 'Names it, and opens nothing.' })
  id!: string;

  @Field(() => Date, { description: 'When the user signed in.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it made its last call, to within half a minute.' })
  lastUsedAt!: Date;

  @Field(() => Date, {
    description: 'When it ends unless it is used; calls move it, up to its absolute end.',
  })
  expiresAt!: Date;

  @Field(() => String, { description: 'IP address from which the user signed in.' })
  address!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What the browser or program called itself at the sign-in.',
  })
  userAgent!: string | null;

  @Field(() => [EvidenceType], { description: 'The proofs given in it, oldest first.' })
  evidence!: readonly EvidenceType[];

  @Field(() => Boolean, { description: 'Whether this very call comes from it.' })
  isCurrent!: boolean;
}
