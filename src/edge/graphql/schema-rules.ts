import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/** The resource that guards a field, if it names one. */
export function resourceOf(field: GraphQLField<unknown, unknown>): string | undefined {
  const { resource } = field.extensions;
  return typeof resource === 'string' ? resource : undefined;
}

/** Every guarded field by its schema coordinate, such as `Mutation.startEnrolment`, with the resource that guards it. */
export function guardedBy(schema: GraphQLSchema): { resource: string; name: string }[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !isIntrospectionType(type))
    .flatMap((type) =>
      Object.values((type as GraphQLObjectType<unknown, unknown>).getFields()).flatMap((field) => {
        const resource = resourceOf(field);
        return resource === undefined ? [] : [{ resource, name: `${type.name}.${field.name}` }];
      }),
    );
}

/** @throws Error that names the root fields which no access rule could guard; the server must not start with them */
export function assertEveryRootFieldHasResource(schema: GraphQLSchema): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const open = roots.flatMap((root) =>
    Object.values(root?.getFields() ?? {})
      .filter((field) => resourceOf(field) === undefined)
      .map((field) => `${root?.name ?? ''}.${field.name}`),
  );
  if (open.length > 0) throw new Error(`These root fields name no resource: ${open.join(', ')}.`);
}

/**
 * Schema coordinates of public types, fields and input fields without a description. Arguments and enum values may go
 * without: their names say what they are, or the field or type that they belong to does.
 */
export function undescribed(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .filter((type) => !isRoot(schema, type))
    .flatMap((type) => (hasText(type.description) ? [] : [type.name]))
    .concat(Object.values(schema.getTypeMap()).flatMap(undescribedFields))
    .sort();
}

function undescribedFields(type: GraphQLNamedType): string[] {
  if (isIntrospectionType(type) || isEnumType(type)) return [];
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return [];
  const fields: readonly { name: string; description?: string | null | undefined }[] =
    Object.values(type.getFields());
  return fields
    .filter(({ description }) => !hasText(description))
    .map(({ name }) => `${type.name}.${name}`);
}

function isRoot(schema: GraphQLSchema, type: GraphQLNamedType): boolean {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].some(
    (root) => root === type,
  );
}

function hasText(description: string | null | undefined): boolean {
  return typeof description === 'string' && description.trim() !== '';
}
