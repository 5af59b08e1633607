import { scimProblem } from './scim-problem.js';

/** RFC 7644 section 3.4.2.2, figure 1. Names are as they were written: they are compared without regard to case. */
export type Filter =
  | { readonly op: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly op: 'not'; readonly filter: Filter }
  | { readonly op: 'pr'; readonly path: AttributePath }
  | Comparison
  /** `path[filter]`: one value of the attribute meets all of the filter, whose paths are sub-attributes. */
  | { readonly op: 'has'; readonly path: AttributePath; readonly filter: Filter };

interface Comparison {
  readonly op: 'compare';
  readonly compare: CompareOp;
  readonly path: AttributePath;
  readonly value: CompareValue;
}

export const COMPARE_OPS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'lt', 'ge', 'le'] as const;
export type CompareOp = (typeof COMPARE_OPS)[number];
export type CompareValue = string | number | boolean | null;

export interface AttributePath {
  /** Of the schema, without the colon behind it; null where the path has none. */
  readonly uri: string | null;
  readonly name: string;
  readonly sub: string | null;
}

/** Target of a PATCH operation: RFC 7644 section 3.5.2, figure 7. */
export interface PatchPath {
  readonly attribute: AttributePath;
  /** Which values of a multi-valued attribute; null for all. */
  readonly filter: Filter | null;
}

const MAX_LENGTH = 4096;
const MAX_DEPTH = 16;
/** Comparisons in one filter: each is work for the database. */
const MAX_TERMS = 64;

const TOKEN =
  /[ \t]*(?:("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.:$-]))|([A-Za-z][\w.:$-]*)|([()[\]])|(\.[A-Za-z$][\w-]*))/uy;
const ATTRIBUTE = /^[A-Za-z][\w-]*(?:\.\$?[A-Za-z][\w-]*)?$/;

type Token =
  | { readonly kind: 'literal'; readonly value: string | number }
  | { readonly kind: 'word' | 'sign' | 'sub'; readonly text: string };

/** @throws DomainError INVALID_INPUT with scimType invalidFilter */
export function parseFilter(text: string): Filter {
  const reader = new FilterReader(text, 'invalidFilter');
  const filter = reader.filter();
  reader.end();
  return filter;
}

/** @throws DomainError INVALID_INPUT with scimType invalidPath */
export function parsePatchPath(text: string): PatchPath {
  const reader = new FilterReader(text, 'invalidPath');
  const path = reader.patchPath();
  reader.end();
  return path;
}

/** `userName`, `name.givenName`, or either behind a schema's URI. @throws DomainError INVALID_INPUT with scimType invalidPath */
export function parseAttributePath(text: string): AttributePath {
  const path = attributePathOf(text);
  if (path === undefined) throw scimProblem('invalidPath', 'This is no path of an attribute.');
  return path;
}

/** As it is parsed again: for logs and tests. */
export function printFilter(filter: Filter): string {
  switch (filter.op) {
    case 'and':
    case 'or':
      return `(${printFilter(filter.left)}) ${filter.op} (${printFilter(filter.right)})`;
    case 'not':
      return `not (${printFilter(filter.filter)})`;
    case 'has':
      return `${printPath(filter.path)}[${printFilter(filter.filter)}]`;
    case 'pr':
      return `${printPath(filter.path)} pr`;
    case 'compare':
      return `${printPath(filter.path)} ${filter.compare} ${JSON.stringify(filter.value)}`;
  }
}

function printPath({ uri, name, sub }: AttributePath): string {
  return `${uri === null ? '' : `${uri}:`}${name}${sub === null ? '' : `.${sub}`}`;
}

/** Recursive descent: `or` binds less than `and`, that less than `not`. */
class FilterReader {
  private readonly tokens: readonly Token[];
  private at = 0;
  private terms = 0;
  private depth = 0;

  constructor(
    text: string,
    private readonly scimType: 'invalidFilter' | 'invalidPath',
  ) {
    if (text.length > MAX_LENGTH) throw this.problem('It is too long.');
    this.tokens = this.tokensOf(text);
  }

  filter(): Filter {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw this.problem('It is nested too deeply.');
    let left = this.conjunction();
    while (this.takeWord('or')) left = { op: 'or', left, right: this.conjunction() };
    this.depth -= 1;
    return left;
  }

  patchPath(): PatchPath {
    const attribute = this.attributePath();
    if (!this.takeSign('[')) return { attribute, filter: null };
    if (attribute.sub !== null) throw this.problem('A value filter stands behind an attribute.');
    const filter = this.inBrackets();
    const next = this.tokens[this.at];
    if (next?.kind !== 'sub') return { attribute, filter };
    this.at += 1;
    return { attribute: { ...attribute, sub: next.text.slice(1) }, filter };
  }

  end(): void {
    if (this.at < this.tokens.length) throw this.problem('It goes on where it should end.');
  }

  private conjunction(): Filter {
    let left = this.term();
    while (this.takeWord('and')) left = { op: 'and', left, right: this.term() };
    return left;
  }

  private term(): Filter {
    this.terms += 1;
    if (this.terms > MAX_TERMS) throw this.problem('It has too many terms.');
    const isNegation = this.isWord(this.at, 'not') && this.isSign(this.at + 1, '(');
    if (isNegation) this.at += 1;
    if (!this.takeSign('(')) return this.expression();
    const filter = this.filter();
    if (!this.takeSign(')')) throw this.problem('A bracket is not closed.');
    return isNegation ? { op: 'not', filter } : filter;
  }

  private expression(): Filter {
    const path = this.attributePath();
    if (this.takeSign('[')) {
      if (path.sub !== null) throw this.problem('A value filter stands behind an attribute.');
      return { op: 'has', path, filter: this.inBrackets() };
    }
    const operator = this.word()?.toLowerCase();
    if (operator === 'pr') return { op: 'pr', path };
    const compare = COMPARE_OPS.find((known) => known === operator);
    if (compare === undefined) throw this.problem('There is no such operator.');
    return { op: 'compare', compare, path, value: this.value() };
  }

  /** Value filters do not nest: sub-attributes have no values of their own. */
  private inBrackets(): Filter {
    const filter = this.filter();
    if (!this.takeSign(']')) throw this.problem('A bracket is not closed.');
    if (hasValueFilter(filter)) throw this.problem('A value filter does not hold another.');
    return filter;
  }

  private attributePath(): AttributePath {
    const path = attributePathOf(this.word() ?? '');
    if (path === undefined) throw this.problem('Here an attribute was expected.');
    return path;
  }

  private value(): CompareValue {
    const token = this.tokens[this.at];
    this.at += 1;
    if (token?.kind === 'literal' && token.value !== Infinity && token.value !== -Infinity) {
      return token.value;
    }
    const literal = token?.kind === 'word' ? token.text : '';
    if (literal === 'true' || literal === 'false') return literal === 'true';
    if (literal === 'null') return null;
    throw this.problem(
      'Here a value was expected: text in double quotes, a number, true, false or null.',
    );
  }

  private word(): string | undefined {
    const token = this.tokens[this.at];
    if (token?.kind !== 'word') return undefined;
    this.at += 1;
    return token.text;
  }

  private takeWord(text: string): boolean {
    const isThere = this.isWord(this.at, text);
    if (isThere) this.at += 1;
    return isThere;
  }

  private takeSign(text: string): boolean {
    const isThere = this.isSign(this.at, text);
    if (isThere) this.at += 1;
    return isThere;
  }

  private isWord(at: number, text: string): boolean {
    const token = this.tokens[at];
    return token?.kind === 'word' && token.text.toLowerCase() === text;
  }

  private isSign(at: number, text: string): boolean {
    const token = this.tokens[at];
    return token?.kind === 'sign' && token.text === text;
  }

  private tokensOf(text: string): Token[] {
    const tokens: Token[] = [];
    const source = text.trim();
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < source.length) {
      const match = TOKEN.exec(source);
      if (match === null) throw this.problem('It cannot be read.');
      tokens.push(tokenOf(match));
    }
    return tokens;
  }

  private problem(detail: string): Error {
    return scimProblem(this.scimType, detail);
  }
}

function tokenOf([, text, number, word, sign, sub]: RegExpExecArray): Token {
  if (text !== undefined) return { kind: 'literal', value: JSON.parse(text) as string };
  if (number !== undefined) return { kind: 'literal', value: Number(number) };
  if (word !== undefined) return { kind: 'word', text: word };
  return sign === undefined ? { kind: 'sub', text: sub ?? '' } : { kind: 'sign', text: sign };
}

function attributePathOf(text: string): AttributePath | undefined {
  const colon = text.lastIndexOf(':');
  const path = text.slice(colon + 1);
  if (!ATTRIBUTE.test(path) || colon === 0) return undefined;
  const [name = '', sub = null] = path.split('.');
  return { uri: colon < 0 ? null : text.slice(0, colon), name, sub };
}

function hasValueFilter(filter: Filter): boolean {
  if (filter.op === 'has') return true;
  if (filter.op === 'not') return hasValueFilter(filter.filter);
  return (
    (filter.op === 'and' || filter.op === 'or') &&
    (hasValueFilter(filter.left) || hasValueFilter(filter.right))
  );
}
