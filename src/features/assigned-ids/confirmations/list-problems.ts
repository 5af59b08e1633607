import { DomainError } from '../../../kernel/errors.js';

/** What is wrong with a list, and where. The message never repeats what stands there. */
export interface ListProblem {
  readonly line: number;
  /** As the headers name it; null for the whole line. */
  readonly column: 'value' | 'reference' | null;
  readonly message: string;
}

/** More would not help whoever has to mend it. */
const MOST_TOLD = 100;

/** Gathers what is wrong with a list, so that its author learns all of it at once. */
export class ListProblems {
  private readonly told: ListProblem[] = [];
  private count = 0;

  static one(problem: ListProblem): DomainError {
    return refusal([problem], 1);
  }

  note({
    message,
    ...place
  }: Omit<ListProblem, 'message'> & { message: string | undefined }): void {
    if (message === undefined) return;
    this.count += 1;
    if (this.told.length < MOST_TOLD) this.told.push({ ...place, message });
  }

  /** @param further problems that are not told, beside those that were noted */
  refuse(further = 0): void {
    if (this.count + further > 0) throw refusal(this.told, this.count + further);
  }
}

export function tooLarge(limit: 'bytes' | 'entries', most: number): DomainError {
  return new DomainError('INVALID_INPUT', { limit, most });
}

function refusal(problems: readonly ListProblem[], problemCount: number): DomainError {
  const told = problems.map(({ line, column, message }) => ({ line, column, message }));
  return new DomainError('INVALID_INPUT', { problems: told, problemCount });
}
