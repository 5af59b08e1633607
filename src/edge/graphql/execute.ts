import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { RequestContext } from '../../kernel/actor.js';
import { judge, resourcesToJudge } from './authorize.js';
import { Documents } from './documents.js';
import { guardedFields } from './operation.js';
import type { EdgePorts } from './ports.js';
import { coerceVariables, type Variables } from './variables.js';

export interface AskedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Variables;
}

/** An operation that may run: what was judged for it, and until when that holds. */
export interface Admission {
  /** The guarded fields by name: what the audit log tells, as a client may call his operation what he likes. */
  readonly asksFor: string;
  readonly resources: readonly string[];
  readonly validUntil: Date | null;
}

/** What HTTP and WebSocket have in common: documents, limits, and the judgement before anything runs. */
export class Pipeline {
  readonly documents: Documents;

  constructor(
    readonly schema: GraphQLSchema,
    readonly ports: EdgePorts,
    readonly introspection: boolean,
  ) {
    this.documents = new Documents(schema, introspection);
  }

  /**
   * Judges the operation whole: one refused field refuses all of it.
   * @throws DomainError with the refusal, or INVALID_INPUT for variables that do not fit
   * @throws GraphQLError for what is over a limit
   */
  async admit(context: RequestContext, asked: AskedOperation): Promise<Admission> {
    const { document, operation } = asked;
    const fields = guardedFields({
      schema: this.schema,
      operation,
      fragments: fragmentsOf(document),
      variables: coerceVariables(this.schema, operation, asked.variables),
    });
    const resources = resourcesToJudge(fields, context.grants);
    const asksFor = [...new Set(fields.map(({ name }) => name))].join(' ');
    const isChange = operation.operation === OperationTypeNode.MUTATION;
    const judged = { resources, operation: asksFor, isChange };
    const { validUntil } = await judge(this.ports, context, judged);
    return { asksFor, resources, validUntil };
  }
}

const MAX_NAME = 64;

/** The client's name for the operation, cut to a length that does no harm in logs. */
export function nameOf(operation: OperationDefinitionNode | null | undefined): string | null {
  return operation?.name?.value.slice(0, MAX_NAME) ?? null;
}

/** @throws GraphQLError that says why there is no one operation to run */
export function noOperation(name: string | null | undefined): GraphQLError {
  return new GraphQLError(
    typeof name === 'string'
      ? 'The document has no operation of this name.'
      : 'The document has several operations; say by name which is meant.',
  );
}

function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  return fragments;
}
