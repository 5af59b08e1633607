import { Directive, Extensions } from 'type-graphql';

/**
 * Names the access-rule resource that guards a field: every root field has exactly one; a field below has one where it
 * shows more than its root field's resource allows. Stands in the schema as `@resource`.
 */
export function Resource(path: `/${string}`): MethodDecorator & PropertyDecorator {
  const decorators = [Directive(`@resource(path: "${path}")`), Extensions({ resource: path })];
  return <T>(
    target: object,
    key: string | symbol,
    descriptor?: TypedPropertyDescriptor<T>,
  ): void => {
    for (const decorate of decorators) decorate(target, key, descriptor as never);
  };
}
