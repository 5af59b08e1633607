import 'reflect-metadata';
import {
  DirectiveLocation,
  GraphQLDirective,
  GraphQLNonNull,
  GraphQLString,
  specifiedDirectives,
  type GraphQLSchema,
} from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchema, type ClassType, type PubSub } from 'type-graphql';
import { RESOLVERS } from '../../features/events/subscription.types.js';
import { validateInput } from './input-validation.js';

const resourceDirective = new GraphQLDirective({
  name: 'resource',
  description: 'The access-rule resource that guards this field.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: {
    path: {
      type: new GraphQLNonNull(GraphQLString),
      description: 'Path of the resource, such as `/mobile-id/get`.',
    },
  },
});

/** type-graphql asks for one, but each subscription has a source of its own, and none has a topic. */
const noTopics: PubSub = {
  publish: refuseTopic,
  subscribe: refuseTopic,
};

/** Builds the schema from ready-made resolver instances. A `Map` is the whole container. */
export async function createSchema(
  resolvers: readonly [object, ...object[]],
): Promise<GraphQLSchema> {
  const byClass = new Map(
    resolvers.map((resolver) => [resolver.constructor as ClassType, resolver]),
  );
  const schema = await buildSchema({
    resolvers: [...byClass.keys()] as [ClassType, ...ClassType[]],
    container: { get: (cls: ClassType) => byClass.get(cls) },
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    directives: [...specifiedDirectives, resourceDirective],
    validateFn: validateInput,
    pubSub: noTopics,
  });
  schema.extensions = { ...schema.extensions, [RESOLVERS]: byClass };
  return schema;
}

function refuseTopic(): never {
  throw new Error('Subscriptions name their own source by `subscribe`.');
}
