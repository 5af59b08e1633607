import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';
import type { RequestContext } from '../../kernel/actor.js';
import { problemIn } from './errors.js';
import type { EdgePorts } from './ports.js';
import { resourceOf } from './schema-rules.js';

/**
 * Has each mutation that a service refuses written into the audit log, beside what the access rules refuse before it runs.
 * The entry is not part of the change that was undone. Input that is not as it must be asks for nothing yet.
 */
export function recordRefusedMutations(
  schema: GraphQLSchema,
  record: EdgePorts['recordRefusal'],
): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    field.resolve = recording(field as GraphQLField<unknown, RequestContext>, record);
  }
}

function recording(
  field: GraphQLField<unknown, RequestContext>,
  record: EdgePorts['recordRefusal'],
): NonNullable<GraphQLField<unknown, RequestContext>['resolve']> {
  const { resolve = defaultFieldResolver, name } = field;
  const resource = resourceOf(field as GraphQLField<unknown, unknown>) ?? '';
  return async (source, args, context, info) => {
    try {
      return await resolve(source, args, context, info);
    } catch (error) {
      const code = problemIn(error)?.code ?? 'INVALID_INPUT';
      if (code !== 'INVALID_INPUT') await record(context, { operation: name, resource, code });
      throw error;
    }
  };
}
