import { Field, ObjectType } from 'type-graphql';

@ObjectType('PageInfo', { description: 'Where a page of a list ends, and whether more follows.' })
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether there are entries behind this page.' })
  hasNextPage!: boolean;
  @Field(() => String, {
    nullable: true,
    description: 'Pass as `after` to get the next page. Null on an empty page.',
  })
  endCursor!: string | null;
}
