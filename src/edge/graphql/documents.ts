import { createHash } from 'node:crypto';
import {
  GraphQLError,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import { LIMITS, limitError, validationRules } from './limits.js';
import { structureProblem } from './structure.js';

const MAX_DOCUMENTS = 500;
/** Of source text; a parsed document takes some fifty times as much. */
const MAX_CHARACTERS = 500_000;

/**
 * Documents that were parsed and found valid, the least recently used forgotten first; bounded in number and in size.
 * Apollo reads and writes it under keys of its own that end in the SHA-256 of the source, so that HTTP and WebSocket
 * share their documents, and ten thousand waiting pages hold one.
 */
export class DocumentCache {
  private readonly byHash = new Map<string, DocumentNode>();
  private characters = 0;

  get(key: string): Promise<DocumentNode | undefined> {
    return Promise.resolve(this.find(hashIn(key)));
  }

  set(key: string, document: DocumentNode): Promise<void> {
    this.keep(hashIn(key), document);
    return Promise.resolve();
  }

  delete(key: string): Promise<boolean> {
    return Promise.resolve(this.forget(hashIn(key)));
  }

  find(hash: string): DocumentNode | undefined {
    const document = this.byHash.get(hash);
    if (document === undefined) return undefined;
    this.byHash.delete(hash);
    this.byHash.set(hash, document);
    return document;
  }

  keep(hash: string, document: DocumentNode): void {
    this.forget(hash);
    this.byHash.set(hash, document);
    this.characters += sizeOf(document);
    for (const oldest of this.byHash.keys()) {
      if (this.byHash.size <= MAX_DOCUMENTS && this.characters <= MAX_CHARACTERS) return;
      this.forget(oldest);
    }
  }

  private forget(hash: string): boolean {
    const document = this.byHash.get(hash);
    if (document === undefined) return false;
    this.characters -= sizeOf(document);
    return this.byHash.delete(hash);
  }
}

/** Parses and validates for both transports, under the same rules. */
export class Documents {
  readonly cache = new DocumentCache();
  readonly parseOptions = { maxTokens: LIMITS.tokens };
  readonly validationOptions = { maxErrors: 20 };
  readonly rules;

  constructor(
    private readonly schema: GraphQLSchema,
    introspection: boolean,
  ) {
    this.rules = validationRules(introspection);
  }

  /** The document, or why it is none. */
  read(source: string): DocumentNode | readonly GraphQLError[] {
    const hash = hashOf(source);
    const known = this.cache.find(hash);
    if (known !== undefined) return known;
    const document = this.parse(source);
    if (document instanceof GraphQLError) return [document];
    const problem = structureProblem(document);
    if (problem !== undefined) return [problem];
    const rules = [...specifiedRules, ...this.rules];
    const errors = validate(this.schema, document, rules, this.validationOptions);
    if (errors.length > 0) return errors;
    this.cache.keep(hash, document);
    return document;
  }

  /**
   * Why a source must not even be validated; undefined where nothing speaks against it. Apollo parses and validates by
   * itself, and asks here first.
   */
  overload(source: string): GraphQLError | undefined {
    if (this.cache.find(hashOf(source)) !== undefined) return undefined;
    const document = this.parse(source);
    return document instanceof GraphQLError ? undefined : structureProblem(document);
  }

  private parse(source: string): DocumentNode | GraphQLError {
    try {
      return parse(source, this.parseOptions);
    } catch (error) {
      if (error instanceof GraphQLError) return isTokenLimit(error) ? limitError('tokens') : error;
      throw error;
    }
  }
}

/** graphql-js has no other sign for it. */
export function isTokenLimit(error: GraphQLError): boolean {
  return error.message.startsWith('Syntax Error: Document contains more tha');
}

function hashOf(source: string): string {
  return createHash('sha256').update(source).digest('hex');
}

function hashIn(key: string): string {
  return key.slice(key.lastIndexOf(':') + 1);
}

function sizeOf(document: DocumentNode): number {
  return document.loc?.end ?? 0;
}
