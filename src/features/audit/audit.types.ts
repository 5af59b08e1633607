import { Field, ID, ObjectType } from 'type-graphql';
import { PageInfoType } from './page-info.types.js';

@ObjectType('AuditEntry', {
  description: 'One line of the audit log: a change that was made, or an operation refused.',
})
export class AuditEntryType {
  @Field(() => ID, { description: 'Names the entry for good; higher is later.' }) id!: string;
  @Field(() => Date, { description: 'When it happened.' }) at!: Date;
  @Field(() => String, {
    description: 'Who did it: `user:NAME`, `anonymous`, or `system:JOB` for Signet itself.',
  })
  actor!: string;
  @Field(() => String, {
    description: 'What was done, such as `access-rule.update`; of a refusal, the operation.',
  })
  action!: string;
  @Field(() => String, { nullable: true, description: 'To what, such as `access-rule:ID`.' })
  target!: string | null;
  @Field(() => String, { description: '`SUCCESS` or `REFUSED`.' }) outcome!: string;
  @Field(() => String, { nullable: true, description: 'The IP address of the caller.' })
  address!: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'Joins the entry with the answer that its caller got, and with the server log.',
  })
  requestId!: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'What else there is to know; of a refusal, its error code.',
  })
  detail!: string | null;
}

@ObjectType('AuditConnection', { description: 'A page of the audit log, newest first.' })
export class AuditConnectionType {
  @Field(() => [AuditEntryType], { description: 'The entries.' }) nodes!: AuditEntryType[];
  @Field(() => PageInfoType, { description: 'Whether there are older entries.' })
  pageInfo!: PageInfoType;
}
