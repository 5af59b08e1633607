import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A QR code in every form that a page, a mail or a terminal can show.' })
export class QrCode {
  @Field(() => String, { description: 'What the QR code says; on the phone itself, a link.' })
  uri!: string;
}
