import { registerEnumType } from 'type-graphql';

type EnumOf<V extends string> = { readonly [K in V]: K };

/** Makes a GraphQL enum of a union's values; `meanings` describes those that do not explain themselves. */
export function graphqlEnum<V extends string>(
  values: readonly V[],
  { name, description, meanings }: EnumDescription<V>,
): EnumOf<V> {
  const enumObject = Object.fromEntries(values.map((value) => [value, value])) as EnumOf<V>;
  const valuesConfig: Partial<Record<V, { description: string }>> = {};
  for (const value of values) {
    const meaning = meanings?.[value];
    if (meaning !== undefined) valuesConfig[value] = { description: meaning };
  }
  registerEnumType<EnumOf<V>>(enumObject, { name, description, valuesConfig });
  return enumObject;
}

interface EnumDescription<V extends string> {
  readonly name: string;
  readonly description: string;
  readonly meanings?: Readonly<Partial<Record<V, string>>>;
}
