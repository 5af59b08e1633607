import { Field, ObjectType } from 'type-graphql';
import { ApiClientType } from '../api-clients/api-client.types.js';
import { EvidenceType } from '../sessions/session.types.js';
import { UserType } from '../users/user.types.js';

@ObjectType('Viewer', { description: 'Who is calling, and what has been proven so far.' })
export class ViewerType {
  @Field(() => UserType, { nullable: true, description: 'Null for an API client.' })
  user!: UserType | null;

  @Field(() => ApiClientType, { nullable: true, description: 'Null for a person.' })
  client!: ApiClientType | null;

  @Field(() => [EvidenceType], { description: 'The proofs given in this session, oldest first.' })
  evidence!: readonly EvidenceType[];

  @Field(() => Date, {
    nullable: true,
    description: 'When the session ends unless it is used; calls move it, up to its absolute end.',
  })
  sessionExpiresAt!: Date | null;
}

@ObjectType('SignIn', {
  description: 'A session that was opened, or strengthened by one more proof.',
})
export class SignInType {
  @Field(() => String, {
    description: 'Bearer token of the session, for callers that keep no cookies.',
  })
  token!: string;

  @Field(() => ViewerType, { description: 'Who is signed in now.' })
  viewer!: ViewerType;
}
