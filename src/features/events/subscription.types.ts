import type { GraphQLResolveInfo } from 'graphql';
import type { ClassType } from 'type-graphql';

/** Key under which the schema's extensions hold the resolver instances, by class. */
export const RESOLVERS = 'resolvers';

/** With what type-graphql calls a `subscribe` function. */
export interface Subscribed {
  readonly args: Record<string, unknown>;
  readonly context: object;
  readonly info: GraphQLResolveInfo;
}

/** Of the argument `after`, where a project's log is followed. */
export const AFTER_IN_PROJECT = {
  nullable: true,
  description:
    'Cursor of the last event seen, of this project: nothing behind it is lost, and nothing comes twice. INVALID_INPUT for any other, and where the server was restored to a time before it.',
};

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
