import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { DEFAULT_VALIDITY_DAYS, MAX_VALIDITY_DAYS } from './scim-token.js';

@ObjectType('ScimToken', {
  description:
    'A long-lived bearer token of an API client, for a directory that pushes by SCIM. It opens nothing else.',
})
export class ScimTokenType {
  @Field(() => ID, { description: 'Id of the token, which is not the token itself.' })
  id!: string;

  @Field(() => String, { description: 'For people to read.' })
  name!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The only project that it opens; null: all that its client reaches.',
  })
  projectId!: string | null;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, {
    description: 'When it ends. It is listed for 30 days more.',
  })
  expiresAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When it was last used, to the hour; null where it never was.',
  })
  lastUsedAt!: Date | null;
}

@ObjectType('NewScimToken', { description: 'A SCIM token that is shown this once.' })
export class NewScimTokenType {
  @Field(() => ScimTokenType, { description: 'What is known of it.' })
  scimToken!: ScimTokenType;

  @Field(() => String, {
    description:
      'The token itself, which begins with signet_scim_ and holds 256 random bits. It is shown this once: only its hash is kept.',
  })
  token!: string;
}

@ArgsType()
export class CreateScimTokenArgs {
  @Field(() => ID, { description: 'Id of the client that it stands for.' })
  clientId!: string;

  @Field(() => String, { description: 'For people to read; at most 100 characters.' })
  name!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'The only project that it opens, which is what a directory needs. Without it: all that its client reaches.',
  })
  projectId!: string | null;

  @Field(() => Int, {
    defaultValue: DEFAULT_VALIDITY_DAYS,
    description: `How long it is good: 1 to ${String(MAX_VALIDITY_DAYS)} days.`,
  })
  validityDays!: number;
}
