/** One thing that a standard asks for. */
export interface Rule<T> {
  readonly name: string;
  /** The standard at its section, and the public linters that check the same. */
  readonly source: string;
  /** What breaks the rule, undefined where nothing does. A throw breaks it too: what cannot be read is not right. */
  readonly problem: (subject: T) => string | undefined;
}

/** Rules by their type. */
export function rulesOf<T>(rules: readonly Rule<T>[]): readonly Rule<T>[] {
  return rules;
}

export interface Finding {
  readonly rule: string;
  readonly problem: string;
}

export function findingsOf<T>(rules: readonly Rule<T>[], subject: T): Finding[] {
  return rules.flatMap((rule) => {
    const problem = problemOf(rule, subject);
    return problem === undefined
      ? []
      : [{ rule: rule.name, problem: `${problem} (${rule.source})` }];
  });
}

function problemOf<T>(rule: Rule<T>, subject: T): string | undefined {
  try {
    return rule.problem(subject);
  } catch (error) {
    return String(error);
  }
}

/** For rules that say in one word whether they hold. */
export function unless(holds: boolean, problem: string): string | undefined {
  return holds ? undefined : problem;
}

export function hasDuplicates(values: readonly string[]): boolean {
  return new Set(values).size < values.length;
}
