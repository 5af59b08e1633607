import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  type ASTVisitor,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

/** What one request may ask for at most. The cost of an operation counts each field once per row that it may be asked of. */
export const LIMITS = {
  depth: 10,
  aliases: 30,
  tokens: 2_000,
  cost: 10_000,
  rootFields: 20,
  directives: 50,
  /** Fields of one name in the whole document. */
  repeats: 60,
  /** Questions about the schema, `__schema` and `__type`. */
  introspections: 2,
  /** Bytes. */
  body: 256 * 1024,
  /** The same of callers who say who they are: `importUsers` takes a file of 1 MB, which JSON makes longer. */
  signedInBody: 2_560 * 1024,
  /** Operations that run on one socket at the same time. */
  operations: 25,
} as const;
export type Limit = keyof typeof LIMITS;

const MESSAGES: Readonly<Record<Limit, string>> = {
  depth: 'The document nests deeper than',
  aliases: 'The document has more aliases than',
  tokens: 'The document has more tokens than',
  cost: 'The operation could touch more fields than',
  rootFields: 'The operation has more root fields than',
  directives: 'The document has more directives than',
  repeats: 'The document names one field more often than',
  introspections: 'The document asks about the schema more often than',
  body: 'The request body has more bytes than',
  signedInBody: 'The request body has more bytes than',
  operations: 'This socket has more operations at the same time than',
};

/** Each limit has an error of its own: `extensions.limit` names it, `extensions.maximum` says how much is allowed. */
export function limitError(limit: Limit): GraphQLError {
  const maximum = LIMITS[limit];
  return new GraphQLError(`${MESSAGES[limit]} the ${String(maximum)} that are allowed.`, {
    extensions: { code: 'INVALID_INPUT', limit, maximum },
  });
}

/** The rules that a document must keep beside those of GraphQL itself. */
export function validationRules(introspection: boolean): ValidationRule[] {
  return [
    maxDepthRule({
      n: LIMITS.depth,
      flattenFragments: true,
      propagateOnRejection: false,
      onReject: [reportLimit('depth')],
    }),
    maxAliasesRule({
      n: LIMITS.aliases,
      propagateOnRejection: false,
      onReject: [reportLimit('aliases')],
    }),
    maxDirectivesRule,
    ...(introspection ? [] : [NoSchemaIntrospectionCustomRule]),
  ];
}

function reportLimit(limit: Limit): (context: ValidationContext | null) => void {
  return (context) => context?.reportError(limitError(limit));
}

function maxDirectivesRule(context: ValidationContext): ASTVisitor {
  let directives = 0;
  return {
    Directive: () => {
      directives += 1;
      if (directives === LIMITS.directives + 1) context.reportError(limitError('directives'));
    },
  };
}
