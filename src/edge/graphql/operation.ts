import {
  getArgumentValues,
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { MAX_PAGE } from '../../kernel/pagination.js';
import { LIMITS, limitError } from './limits.js';
import { resourceOf } from './schema-rules.js';

type Values = Readonly<Record<string, unknown>>;

/** One guarded field that an operation asks for. */
export interface GuardedField {
  readonly name: string;
  readonly resource: string;
  /** Arguments of a root field; empty below, where the object is given by what stands above. */
  readonly args: Values;
}

export interface OperationParts {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Values;
}

/**
 * Every guarded field that the operation will ask for, with its variables: what `@skip` leaves out needs no right.
 * @throws GraphQLError over the limits of cost and root fields, which end the walk, and for arguments that do not fit
 */
export function guardedFields(parts: OperationParts): GuardedField[] {
  const { schema, operation } = parts;
  const root = schema.getRootType(operation.operation);
  if (!root) return [];
  const walk = new Walk(parts);
  walk.selections(operation.selectionSet, { parent: root, rows: 1, isRoot: true }, new Set());
  return walk.guarded;
}

interface Place {
  readonly parent: GraphQLCompositeType;
  /** How often what stands here may be asked for: the product of the page sizes above. */
  readonly rows: number;
  readonly isRoot: boolean;
}

class Walk {
  readonly guarded: GuardedField[] = [];
  private cost = 0;
  private rootFields = 0;

  constructor(private readonly parts: OperationParts) {}

  /** Follows each fragment once per selection set, as execution does. */
  selections(set: SelectionSetNode, place: Place, seen: Set<string>): void {
    for (const selection of set.selections) {
      if (!this.isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) this.field(selection, place);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const parent = this.typeNamed(selection.typeCondition?.name.value) ?? place.parent;
        this.selections(selection.selectionSet, { ...place, parent }, seen);
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        this.fragment(this.parts.fragments.get(selection.name.value), place, seen);
      }
    }
  }

  private fragment(
    fragment: FragmentDefinitionNode | undefined,
    place: Place,
    seen: Set<string>,
  ): void {
    if (fragment === undefined) return;
    const parent = this.typeNamed(fragment.typeCondition.name.value) ?? place.parent;
    this.selections(fragment.selectionSet, { ...place, parent }, seen);
  }

  private field(node: FieldNode, { parent, rows, isRoot }: Place): void {
    this.count(rows, isRoot);
    if (node.name.value.startsWith('__')) return; // the schema about itself: open, or refused as a whole
    const definitions = this.definitionsOf(parent, node.name.value);
    const [field] = definitions;
    if (field === undefined) return;
    const args = field.args.length > 0 ? getArgumentValues(field, node, this.parts.variables) : {};
    this.guard(definitions, isRoot ? args : {});
    const type = getNamedType(field.type);
    if (node.selectionSet === undefined || !isCompositeType(type)) return;
    const below = { parent: type, rows: rows * pageSize(args), isRoot: false };
    this.selections(node.selectionSet, below, new Set());
  }

  private count(rows: number, isRoot: boolean): void {
    this.cost += rows;
    if (this.cost > LIMITS.cost) throw limitError('cost');
    if (isRoot) this.rootFields += 1;
    if (this.rootFields > LIMITS.rootFields) throw limitError('rootFields');
  }

  private guard(definitions: readonly GraphQLField<unknown, unknown>[], args: Values): void {
    for (const definition of definitions) {
      const resource = resourceOf(definition);
      if (resource !== undefined) this.guarded.push({ name: definition.name, resource, args });
    }
  }

  /** The field itself, and where the type is abstract, the same field of each type that may stand there. */
  private definitionsOf(
    parent: GraphQLCompositeType,
    name: string,
  ): GraphQLField<unknown, unknown>[] {
    const types = isAbstractType(parent) ? this.parts.schema.getPossibleTypes(parent) : [];
    return [parent, ...types].flatMap((type) => {
      const field =
        isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
      return field === undefined ? [] : [field];
    });
  }

  private typeNamed(name: string | undefined): GraphQLCompositeType | undefined {
    const type = name === undefined ? undefined : this.parts.schema.getType(name);
    return isCompositeType(type) ? type : undefined;
  }

  private isIncluded(node: SelectionNode): boolean {
    if (node.directives === undefined || node.directives.length === 0) return true;
    const { variables } = this.parts;
    if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true) return false;
    return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false;
  }
}

/** Page sizes beyond the greatest are refused by the field that they are asked of. */
function pageSize(args: Values): number {
  const { first } = args;
  return typeof first === 'number' ? Math.min(Math.max(first, 1), MAX_PAGE) : 1;
}
