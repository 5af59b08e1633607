import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { lexicographicSortSchema, type GraphQLSchema } from 'graphql';
import { assertEveryRootFieldHasResource, undescribed } from './schema-rules.js';

const HEADER = '# Made from the code by `npm run schema`. Changes here are lost.\n\n';

/**
 * The text of `schema.graphql`: sorted, described, each root field with its `@resource`.
 * @throws Error that names what lacks a resource or a description
 */
export function printSchemaForFile(schema: GraphQLSchema): string {
  assertEveryRootFieldHasResource(schema);
  const missing = undescribed(schema);
  if (missing.length > 0) throw new Error(`These have no description: ${missing.join(', ')}.`);
  return `${HEADER}${printSchemaWithDirectives(lexicographicSortSchema(schema))}\n`;
}
