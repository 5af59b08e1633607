import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './introspection.generated.js';

/** Documents typed by schema.graphql, the generated contract. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; SafeInt: number };
}>();

export type { ResultOf } from 'gql.tada';
