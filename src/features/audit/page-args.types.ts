import { ArgsType, Field, Int } from 'type-graphql';

/** Arguments of lists that are read page by page. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 20,
    description: 'Page size, 1 to 100.',
  })
  first!: number | null;

  @Field(() => String, { nullable: true, description: 'endCursor of the page before.' })
  after!: string | null;
}
