import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType('MessagePlaceholder', {
  description: 'What the texts of a project may contain in braces.',
})
export class MessagePlaceholderType {
  @Field(() => String, { description: 'Its name, without the braces.' })
  name!: string;

  @Field(() => String, { description: 'What stands in its place.' })
  meaning!: string;

  @Field(() => [String], { description: 'Settings whose texts may contain it.' })
  settings!: readonly string[];
}

@ObjectType('TextMessagePreview', { description: 'A text message as it would be sent.' })
export class TextMessagePreviewType {
  @Field(() => String, { description: 'The text.' })
  text!: string;

  @Field(() => Int, { description: 'How many messages it takes, each of which may be billed.' })
  parts!: number;

  @Field(() => String, {
    description:
      'GSM-7 with 160 characters a message, or UCS-2 with 70, as soon as one character needs it.',
  })
  encoding!: string;
}

@ObjectType('InvitationPreview', {
  description: 'The invitation of a project as somebody would get it, with a code that is none.',
})
export class InvitationPreviewType {
  @Field(() => String, { description: 'Subject of the mail.' })
  subject!: string;

  @Field(() => String, { description: 'The mail as plain text.' })
  text!: string;

  @Field(() => String, {
    description: 'The mail as HTML, with the QR code in it as data: URL. It fetches nothing.',
  })
  html!: string;

  @Field(() => TextMessagePreviewType, { description: 'The text message.' })
  sms!: TextMessagePreviewType;
}
