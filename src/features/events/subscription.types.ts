import type { GraphQLResolveInfo } from 'graphql';
import type { ClassType } from 'type-graphql';

/** Key under which the schema's extensions hold the resolver instances, by class. */
export const RESOLVERS = 'resolvers';

/**
 * The instance of a resolver class that serves this operation. For `subscribe` functions, which type-graphql calls without an
 * instance.
 */
export function resolverOf<R extends object>(info: GraphQLResolveInfo, type: ClassType<R>): R {
  const resolvers = info.schema.extensions[RESOLVERS] as ReadonlyMap<unknown, object> | undefined;
  const resolver = resolvers?.get(type);
  if (!(resolver instanceof type)) throw new Error(`The schema was built without ${type.name}.`);
  return resolver;
}
