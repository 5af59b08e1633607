import { IsEmail, MaxLength } from 'class-validator';
import type { GraphQLSchema } from 'graphql';
import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { createSchema } from '../../../src/edge/graphql/schema';
import { resolverOf } from '../../../src/features/events/subscription.types';
import { Resource } from '../../../src/features/access/resource.types';
import type { RequestContext } from '../../../src/kernel/actor';
import { DomainError } from '../../../src/kernel/errors';

@ObjectType({ description: 'A person.' })
class Person {
  @Field(() => String, { description: 'The name.' })
  name!: string;
}

@InputType({ description: 'A part of the input.' })
class PartInput {
  @Field(() => String, { description: 'At most three characters.' })
  @MaxLength(3)
  label!: string;
}

@InputType({ description: 'What is asked for.' })
class AskInput {
  @Field(() => String, { description: 'An address.' })
  @IsEmail()
  email!: string;

  @Field(() => Int, { description: 'How many.', nullable: true })
  count?: number;

  @Field(() => Date, { description: 'When.', nullable: true })
  at?: Date;
}

/** What the test schema does, in the hands of the test. */
export class TestService {
  readonly calls: string[] = [];
  readonly channels = new Set<Channel>();
  private gate: { entered: () => void; opened: Promise<void> } | undefined;

  /** Makes `slow` and new subscriptions wait: resolves once it was entered; `open` lets it end. */
  hold(): { entered: Promise<void>; open: () => void } {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const entered = new Promise<void>((resolve) => (this.gate = { entered: resolve, opened }));
    return { entered, open };
  }

  async slow(): Promise<string> {
    await this.pass();
    return 'done';
  }

  async subscribe(): Promise<Channel> {
    await this.pass();
    const channel: Channel = new Channel(() => this.channels.delete(channel));
    this.channels.add(channel);
    return channel;
  }

  private async pass(): Promise<void> {
    this.gate?.entered();
    await this.gate?.opened;
  }

  emit(event: string): void {
    for (const channel of this.channels) channel.push(event);
  }
}

/** A source of events whose `return` ends a pending `next`. */
export class Channel implements AsyncIterableIterator<string> {
  private readonly queue: string[] = [];
  private waiting: ((result: IteratorResult<string, undefined>) => void) | undefined;
  private isOver = false;
  constructor(private readonly onEnd: () => void) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(event: string): void {
    if (this.waiting === undefined) this.queue.push(event);
    else this.waiting({ done: false, value: event });
    this.waiting = undefined;
  }

  next(): Promise<IteratorResult<string, undefined>> {
    const value = this.queue.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => (this.waiting = resolve));
  }

  return(): Promise<IteratorResult<string, undefined>> {
    this.isOver = true;
    this.waiting?.({ done: true, value: undefined });
    this.onEnd();
    return Promise.resolve({ done: true, value: undefined });
  }
}

@Resolver(() => Person)
class TestResolver {
  constructor(readonly service: TestService) {}

  @Query(() => String, { description: 'Says hello.' })
  @Resource('/sign-in')
  hello(): string {
    this.service.calls.push('hello');
    return 'hello';
  }

  @Query(() => String, { description: 'Who is calling.' })
  @Resource('/sign-in')
  whoAmI(@Ctx() { actor }: RequestContext): string {
    return actor.kind === 'user' ? actor.username : actor.kind;
  }

  @Query(() => String, { description: 'From where.' })
  @Resource('/sign-in')
  address(@Ctx() { address }: RequestContext): string {
    return address;
  }

  @Query(() => Person, { description: 'The viewer.' })
  @Resource('/mobile-id')
  me(): Person {
    this.service.calls.push('me');
    return { name: 'Alva' };
  }

  @Query(() => Person, { description: 'Somebody, for everybody.' })
  @Resource('/sign-in')
  somebody(): Person {
    this.service.calls.push('somebody');
    return { name: 'Alva' };
  }

  @FieldResolver(() => String, { description: 'For operators.' })
  @Resource('/operator/users')
  notes(@Root() { name }: Person): string {
    return `about ${name}`;
  }

  @FieldResolver(() => [Person], { description: 'A page of friends.' })
  friends(@Arg('first', () => Int, { defaultValue: 20 }) first: number): Person[] {
    return first > 0 ? [{ name: 'Björn' }] : [];
  }

  @Query(() => String, { description: 'One enrolment.' })
  @Resource('/enrolments/watch')
  enrolment(@Arg('id', () => ID) id: string): string {
    return `enrolment ${id}`;
  }

  @Query(() => String, { description: 'Fails.' })
  @Resource('/sign-in')
  bug(): string {
    throw new Error('connect ECONNREFUSED 10.0.0.3', { cause: new Error('inner') });
  }

  @Query(() => String, { description: 'Takes its time.' })
  @Resource('/sign-in')
  slow(): Promise<string> {
    return this.service.slow();
  }

  @Mutation(() => Boolean, { description: 'Signs in.' })
  @Resource('/sign-in')
  signIn(@Arg('password', () => String) password: string, @Ctx() context: RequestContext): boolean {
    if (password !== 'right') throw new DomainError('INVALID_CREDENTIALS');
    context.setSessionCookie('new-token');
    return true;
  }

  @Mutation(() => Boolean, { description: 'Signs out.' })
  @Resource('/sign-in')
  signOut(@Ctx() context: RequestContext): boolean {
    context.setSessionCookie(null);
    return true;
  }

  @Mutation(() => Boolean, { description: 'Asks.' })
  @Resource('/sign-in')
  ask(@Arg('id', () => ID) id: string, @Arg('input', () => AskInput) input: AskInput): boolean {
    return id !== input.email;
  }

  @Mutation(() => Boolean, { description: 'Asks for parts.' })
  @Resource('/sign-in')
  askParts(@Arg('parts', () => [PartInput]) parts: PartInput[]): boolean {
    return parts.length > 0;
  }

  @Mutation(() => Boolean, { description: 'Cancels.' })
  @Resource('/enrolments/cancel')
  cancelEnrolment(@Arg('id', () => ID) id: string): boolean {
    return id !== '';
  }

  @Mutation(() => Boolean, { description: 'Confirms.' })
  @Resource('/enrolments/confirm')
  confirmDevice(@Arg('id', () => ID) id: string): boolean {
    return id !== '';
  }

  @Subscription(() => String, {
    description: 'Status.',
    subscribe: ({ info }) => resolverOf(info, TestResolver).service.subscribe(),
  })
  @Resource('/enrolments/watch')
  enrolmentStatus(@Root() event: string, @Arg('enrolmentId', () => ID) id: string): string {
    return id === '' ? '' : event;
  }
}

export function testSchema(service: TestService): Promise<GraphQLSchema> {
  return createSchema([new TestResolver(service)]);
}
