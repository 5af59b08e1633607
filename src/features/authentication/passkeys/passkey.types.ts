import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType('Passkey', { description: 'A passkey or security key (WebAuthn).' })
export class PasskeyType {
  @Field(() => ID, { description: 'For removing it.' })
  id!: string;

  @Field(() => String, { description: 'What its owner calls it.' })
  name!: string;

  @Field(() => Date, { description: 'When it was registered.' })
  createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When it last proved who its owner is; null where it has not yet.',
  })
  lastUsedAt!: Date | null;

  @Field(() => Boolean, {
    description:
      'Whether it was copied beyond one device when it was last used, as its maker tells.',
  })
  isBackedUp!: boolean;
}

@ObjectType('PasskeyCeremony', {
  description: 'What a browser is to ask the authenticator, once and before it expires.',
})
export class PasskeyCeremonyType {
  @Field(() => ID, { description: 'To be named when it is finished.' })
  id!: string;

  @Field(() => String, {
    description:
      'JSON of PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON (WebAuthn), for navigator.credentials.',
  })
  options!: string;

  @Field(() => Date, { description: 'Until when it can be finished.' })
  expiresAt!: Date;
}
