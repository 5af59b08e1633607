import type { Problem } from '../../../kernel/field-problems.js';
import { textProblem } from '../../../kernel/text.js';

const MAX_REFERENCE = 200;

/** As it is stored, and compared: the same text in any writing of Unicode is one reference. */
export function tidyReference(reference: string): string {
  return reference.normalize('NFC').trim();
}

export function hostReferenceProblem(reference: string): Problem {
  return textProblem(reference, { max: MAX_REFERENCE });
}
