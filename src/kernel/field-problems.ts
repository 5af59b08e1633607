import { DomainError } from './errors.js';

/** Why a value is refused, as a sentence that does not repeat it; undefined where nothing is wrong with it. */
export type Problem = string | undefined;

/** Gathers what is wrong with an input, so that its author learns all of it at once. */
export class FieldProblems {
  private readonly fields: { field: string; message: string }[] = [];

  /** @param field path of the input field, such as `input.email` */
  note(field: string, problem: Problem): this {
    if (problem !== undefined) this.fields.push({ field, message: problem });
    return this;
  }

  /** @throws DomainError INVALID_INPUT with every field noted */
  refuse(): void {
    if (this.fields.length > 0) throw new DomainError('INVALID_INPUT', { fields: this.fields });
  }
}
