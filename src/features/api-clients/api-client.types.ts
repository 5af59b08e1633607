import { ArgsType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { API_SCOPES } from '../../kernel/api-scopes.js';

const SCOPES = `${API_SCOPES.join(', ')}.`;
const PROJECTS = 'Empty: all projects.';
const KEYS =
  'Public keys as a JSON Web Key Set, in JSON: RSA from 2048 bits, P-256, P-384 or Ed25519. With keys the client proves itself by private_key_jwt, and its secret does not count.';

@ObjectType('ApiClient', { description: 'A trusted application, with OAuth 2 client credentials.' })
export class ApiClientType {
  @Field(() => ID, { description: 'Id of the client in Signet.' })
  id!: string;

  @Field(() => String, { description: 'Its name at the token endpoint, public and random.' })
  clientId!: string;

  @Field(() => String, { description: 'For people to read.' })
  name!: string;

  @Field(() => [String], { description: SCOPES })
  scopes!: readonly string[];

  @Field(() => [ID], { description: PROJECTS })
  projectIds!: readonly string[];

  @Field(() => Boolean, { description: 'While it is not, none of its tokens counts.' })
  enabled!: boolean;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When it last got a token, to the minute; null where it never did.',
  })
  lastUsedAt!: Date | null;
}

@ObjectType('ApiClientSecret', { description: 'A client, and a secret that is shown this once.' })
export class ApiClientSecretType {
  @Field(() => ApiClientType, { description: 'The client.' })
  client!: ApiClientType;

  @Field(() => String, {
    description: 'Its secret, of 256 random bits. It is shown this once: only its hash is kept.',
  })
  clientSecret!: string;
}

@InputType('UpdateApiClientInput', {
  description: 'A field left out stays as it is; null clears it where it may be empty.',
})
export class UpdateApiClientInput {
  @Field(() => String, { nullable: true, description: 'At most 100 characters.' })
  name?: string | null;

  @Field(() => [String], { nullable: true, description: SCOPES })
  scopes?: string[] | null;

  @Field(() => [ID], {
    nullable: true,
    description: `${PROJECTS} Taking one away ends every token that was given out.`,
  })
  projectIds?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: `${KEYS} Another set, or null, ends every token that was given out.`,
  })
  jwks?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Not enabled, it gets no tokens, what it has ordered is cancelled, and its SCIM tokens end for good.',
  })
  enabled?: boolean | null;
}

@ArgsType()
export class CreateApiClientArgs {
  @Field(() => String, { description: 'For people to read; at most 100 characters.' })
  name!: string;

  @Field(() => [String], { description: `At least one of ${SCOPES}` })
  scopes!: string[];

  @Field(() => [ID], {
    nullable: true,
    description: `The only projects that it may reach. ${PROJECTS}`,
  })
  projectIds!: string[] | null;

  @Field(() => String, { nullable: true, description: KEYS })
  jwks!: string | null;
}
