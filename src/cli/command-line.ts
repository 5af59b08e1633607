import { parseArgs } from 'node:util';

/** What is wrong with the arguments, in one line that repeats no value. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Option<T = unknown> {
  readonly type: 'string' | 'boolean';
  /** Ends the sentence “--name takes …”. */
  readonly takes: string;
  /** Undefined for what it does not take. */
  readonly read: (text: string) => T | undefined;
}

type Options = Readonly<Record<string, Option>>;
type Values<O extends Options> = {
  readonly [Name in keyof O]?: (O[Name] extends Option<infer T> ? T : never) | undefined;
};

export interface Verb {
  readonly options: readonly string[];
  /** Those that it cannot do without. */
  readonly needs?: readonly string[];
  /** The word behind it. */
  readonly argument?: { readonly name: string; readonly isNeeded: boolean };
}

export const FLAG: Option<true> = { type: 'boolean', takes: 'no value', read: () => true };

export function oneOf<T extends string>(names: readonly T[]): Option<T> {
  return {
    type: 'string',
    takes: `one of ${names.join(', ')}`,
    read: (text) => names.find((name) => name === text),
  };
}

/** @param takes what it is, such as “the name of a file” */
export function someText(takes: string): Option<string> {
  return { type: 'string', takes, read: (text) => (text === '' ? undefined : text) };
}

export function asksForHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h');
}

/** @throws UsageError */
export function readArguments<O extends Options>(
  args: readonly string[],
  options: O,
): { readonly words: readonly string[]; readonly values: Values<O> } {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
  return {
    words: tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : [])),
    values: Object.fromEntries(
      given.map((token) => [token.name, valueOf(token, options)]),
    ) as Values<O>,
  };
}

interface GivenOption {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function valueOf({ name, rawName, value, inlineValue }: GivenOption, options: Options): unknown {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) throw new UsageError(`There is no option ${rawName}.`);
  const wrong = new UsageError(`${rawName} takes ${option.takes}.`);
  if (option.type === 'boolean') {
    if (value === undefined) return true;
    throw wrong;
  }
  // What begins with a dash is the next option, its own value being forgotten.
  const isMissing = value === undefined || (inlineValue !== true && value.startsWith('-'));
  const read = isMissing ? undefined : option.read(value);
  if (read === undefined) throw wrong;
  return read;
}

/**
 * For commands whose first word says what to do.
 * @throws UsageError
 */
export function readCommand<O extends Options, V extends string>(
  args: readonly string[],
  { options, verbs }: { readonly options: O; readonly verbs: Readonly<Record<V, Verb>> },
): { readonly verb: V; readonly argument: string | undefined; readonly values: Values<O> } {
  const { words, values } = readArguments(args, options);
  const [verb, argument, ...others] = words;
  if (!isOneOf(verbs, verb)) {
    throw new UsageError(`The first word must be one of ${Object.keys(verbs).join(', ')}.`);
  }
  if (others.length > 0) throw new UsageError(`${verb} takes no more than one word behind it.`);
  refuseOtherOptions(verb, verbs[verb], { options, given: Object.keys(values) });
  refuseOtherArgument(verb, verbs[verb], argument);
  return { verb, argument, values };
}

function refuseOtherOptions(
  verb: string,
  { options: known, needs = [] }: Verb,
  { options, given }: { readonly options: Options; readonly given: readonly string[] },
): void {
  const foreign = given.find((name) => !known.includes(name));
  if (foreign !== undefined) throw new UsageError(`${verb} has no option --${foreign}.`);
  const missing = needs.find((name) => !given.includes(name));
  if (missing === undefined) return;
  throw new UsageError(`${verb} needs --${missing}: ${options[missing]?.takes ?? 'a value'}.`);
}

function refuseOtherArgument(
  verb: string,
  { argument: wanted }: Verb,
  argument: string | undefined,
): void {
  if (argument !== undefined && wanted === undefined) {
    throw new UsageError(`${verb} takes no word behind it.`);
  }
  if (argument === undefined && wanted?.isNeeded === true) {
    throw new UsageError(`${verb} needs ${wanted.name} behind it.`);
  }
}

function isOneOf<V extends string>(
  verbs: Readonly<Record<V, Verb>>,
  verb: string | undefined,
): verb is V {
  return verb !== undefined && Object.hasOwn(verbs, verb);
}
