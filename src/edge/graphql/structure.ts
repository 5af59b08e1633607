import { visit, type DocumentNode, type GraphQLError } from 'graphql';
import { LIMITS, limitError } from './limits.js';

const ABOUT_THE_SCHEMA: ReadonlySet<string> = new Set(['__schema', '__type']);

/**
 * What would make the validation or the execution of a document dear, found by one walk over it: many fields of the same
 * name are compared pair by pair, and each question about the schema is answered in full.
 */
export function structureProblem(document: DocumentNode): GraphQLError | undefined {
  const timesByName = new Map<string, number>();
  let aboutTheSchema = 0;
  visit(document, {
    Field: ({ alias, name }) => {
      const responseName = (alias ?? name).value;
      timesByName.set(responseName, (timesByName.get(responseName) ?? 0) + 1);
      if (ABOUT_THE_SCHEMA.has(name.value)) aboutTheSchema += 1;
    },
  });
  if (Math.max(0, ...timesByName.values()) > LIMITS.repeats) return limitError('repeats');
  return aboutTheSchema > LIMITS.introspections ? limitError('introspections') : undefined;
}
