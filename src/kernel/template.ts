import type { Problem } from './field-problems.js';

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** Puts the values in, once: braces inside a value stay as they are, as do placeholders without a value. */
export function expandTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(PLACEHOLDER, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? placeholder) : placeholder,
  );
}

/** Each once, without its braces. */
export function placeholdersIn(template: string): string[] {
  return [...new Set(Array.from(template.matchAll(PLACEHOLDER), ([, name = '']) => name))];
}

/** Those in `template` that are not `known`, without their braces; empty where all are. */
export function unknownPlaceholders(template: string, known: readonly string[]): string[] {
  return placeholdersIn(template).filter((name) => !known.includes(name));
}

/** Of a template that has others than the `known` placeholders. */
export function placeholderProblem(template: string, known: readonly string[]): Problem {
  return unknownPlaceholders(template, known).length === 0 ? undefined : mustBeAmong(known);
}

/** As {@link placeholderProblem}, of one that is to have no other braces either. */
export function strictPlaceholderProblem(template: string, known: readonly string[]): Problem {
  const hasLoneBrace = /[{}]/.test(template.replace(PLACEHOLDER, ''));
  return hasLoneBrace ? mustBeAmong(known) : placeholderProblem(template, known);
}

function mustBeAmong(known: readonly string[]): string {
  return `Its placeholders can be ${known.map((name) => `{${name}}`).join(', ')}.`;
}
