import { ArrayMaxSize } from 'class-validator';
import { ArgsType, Field, ID } from 'type-graphql';
import { LOST_CONTACTS, type LostContact } from '../../kernel/lost-contact.js';
import { graphqlEnum } from './graphql-enum.types.js';

const MAX_NAMED = 100;
const tooMany = { message: `It must have at most ${String(MAX_NAMED)} entries.` };

export const LostContactEnum = graphqlEnum(LOST_CONTACTS, {
  name: 'LostContact',
  description: 'A way of reaching a user that is no longer in his hands.',
  meanings: {
    EMAIL: 'His e-mail address: codes that were mailed there prove nothing.',
    PHONE: 'His telephone number: codes that were texted there prove nothing.',
  },
});

@ArgsType()
export class ResourceAccessArgs {
  @Field(() => String, { description: 'A path such as /mobile-id/get.' })
  resource!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'A mobile ID of the viewer that is to be replaced, revoked or reactivated: it proves nothing for that.',
  })
  replacesProfileId?: string | null;

  @ArrayMaxSize(MAX_NAMED, tooMany)
  @Field(() => [LostContactEnum], {
    nullable: true,
    description: 'What the viewer says he has lost: it proves nothing.',
  })
  declaredLost?: LostContact[] | null;

  @ArrayMaxSize(MAX_NAMED, tooMany)
  @Field(() => [ID], {
    nullable: true,
    description:
      'Certificates of the viewer that are to be recovered: the mobile IDs that they belong to prove nothing.',
  })
  recoverCertificateIds?: string[] | null;
}
