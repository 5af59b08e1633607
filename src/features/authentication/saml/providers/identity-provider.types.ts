import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { NAME_ID } from './identity-provider.js';

const MAPPING = {
  username: `Name of the attribute that holds the user name; \`${NAME_ID}\` for the subject's own name.`,
  email: 'Name of the attribute that holds the e-mail address.',
  displayName: 'Name of the attribute that holds the name that people read.',
  groups: 'Name of the attribute that holds the groups, one value each.',
} as const;

const PROVIDER = {
  name: 'Used in rules, as `provider`, and in URLs. Small letters, digits and hyphens; it stays as it is.',
  label: 'What people read where they choose how to sign in.',
  entityId: "The provider's name for itself.",
  signInUrl: 'Where browsers are sent with a request (HTTP-Redirect binding).',
  signOutUrl: 'Where browsers are sent to sign out there as well; null: they are not.',
  certificates:
    'X.509 certificates in PEM; any of them may have signed. Several while a key is replaced.',
  authenticationContext: 'Required authentication context class, if any.',
  createUsers: 'Whether a person whom nobody knows here becomes a user at his first sign-in.',
  acceptUnsolicited:
    'Whether answers are taken that nobody asked for here. Anybody could then sign a browser in as himself.',
  enabled: 'Whether it can be signed in at.',
} as const;

@ObjectType('AttributeMapping', {
  description: "Which attributes of the provider's assertions say what.",
})
export class AttributeMappingType {
  @Field(() => String, { description: MAPPING.username }) username!: string;
  @Field(() => String, { nullable: true, description: MAPPING.email }) email!: string | null;
  @Field(() => String, { nullable: true, description: MAPPING.displayName })
  displayName!: string | null;
  @Field(() => String, { nullable: true, description: MAPPING.groups }) groups!: string | null;
}

@ObjectType('IdentityProvider', {
  description: 'A SAML 2.0 identity provider at which people sign in.',
})
export class IdentityProviderType {
  @Field(() => ID, { description: 'Id of the provider in Signet.' }) id!: string;
  @Field(() => String, { description: PROVIDER.name }) name!: string;
  @Field(() => String, { description: PROVIDER.label }) label!: string;
  @Field(() => String, { description: PROVIDER.entityId }) entityId!: string;
  @Field(() => String, { description: PROVIDER.signInUrl }) signInUrl!: string;
  @Field(() => String, { nullable: true, description: PROVIDER.signOutUrl })
  signOutUrl!: string | null;
  @Field(() => [String], { description: PROVIDER.certificates })
  certificates!: readonly string[];
  @Field(() => String, { nullable: true, description: PROVIDER.authenticationContext })
  authenticationContext!: string | null;
  @Field(() => AttributeMappingType, { description: 'How its users are described here.' })
  attributes!: AttributeMappingType;
  @Field(() => Boolean, { description: PROVIDER.createUsers }) createUsers!: boolean;
  @Field(() => Boolean, { description: PROVIDER.acceptUnsolicited }) acceptUnsolicited!: boolean;
  @Field(() => Boolean, { description: PROVIDER.enabled }) enabled!: boolean;
  @Field(() => String, {
    description: "To be entered at the provider: Signet's name there, and where its metadata is.",
  })
  metadataUrl!: string;
  @Field(() => String, {
    description: 'To be entered at the provider: where its answers are posted to.',
  })
  acsUrl!: string;
}

@InputType('AttributeMappingInput', {
  description: "Which attributes of the provider's assertions say what.",
})
export class AttributeMappingInput {
  @Field(() => String, { defaultValue: NAME_ID, description: MAPPING.username }) username!: string;
  @Field(() => String, { nullable: true, description: MAPPING.email }) email?: string | null;
  @Field(() => String, { nullable: true, description: MAPPING.displayName })
  displayName?: string | null;
  @Field(() => String, { nullable: true, description: MAPPING.groups }) groups?: string | null;
}

@InputType('IdentityProviderInput', {
  description:
    'A provider as its metadata, or its three fields, describe it. In an update a field left out stays as it is.',
})
export class IdentityProviderInput {
  @Field(() => String, { description: PROVIDER.name }) name!: string;
  @Field(() => String, { description: PROVIDER.label }) label!: string;
  @Field(() => String, {
    nullable: true,
    description: "Either the provider's metadata, or the three fields below it.",
  })
  metadataXml?: string | null;
  @Field(() => String, { nullable: true, description: PROVIDER.entityId })
  entityId?: string | null;
  @Field(() => String, { nullable: true, description: PROVIDER.signInUrl })
  signInUrl?: string | null;
  @Field(() => [String], { nullable: true, description: PROVIDER.certificates })
  certificates?: string[] | null;
  @Field(() => String, {
    nullable: true,
    description: `${PROVIDER.signOutUrl} Metadata may name it as well.`,
  })
  signOutUrl?: string | null;
  @Field(() => String, { nullable: true, description: PROVIDER.authenticationContext })
  authenticationContext?: string | null;
  @Field(() => AttributeMappingInput, {
    nullable: true,
    description: `How its users are described here; the user name by \`${NAME_ID}\` unless said otherwise.`,
  })
  attributes?: AttributeMappingInput | null;
  @Field(() => Boolean, { description: PROVIDER.createUsers }) createUsers!: boolean;
  @Field(() => Boolean, {
    nullable: true,
    description: `${PROVIDER.acceptUnsolicited} False, if left out.`,
  })
  acceptUnsolicited?: boolean | null;
  @Field(() => Boolean, { description: PROVIDER.enabled }) enabled!: boolean;
}
