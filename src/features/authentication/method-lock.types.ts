import { Field, Int, ObjectType } from 'type-graphql';
import type { AuthenticationMethod } from '../../kernel/actor.js';
import { AuthenticationMethodEnum } from '../access/identity.types.js';

@ObjectType('MethodLock', {
  description: 'Failed attempts of a user to prove himself by one method, and what came of them.',
})
export class MethodLockType {
  @Field(() => AuthenticationMethodEnum, { description: 'What was tried.' })
  method!: AuthenticationMethod;

  @Field(() => Int, { description: 'Failed attempts that count at present.' })
  attempts!: number;

  @Field(() => Int, { description: 'So many of them lock the method for a time.' })
  maxAttempts!: number;

  @Field(() => Date, {
    nullable: true,
    description: 'Until then the method is refused to this user; null where it is not locked.',
  })
  lockedUntil!: Date | null;
}
