import { invalidInput } from '../../kernel/errors.js';
import { textProblem } from '../../kernel/text.js';

/** What guards setting up and removing methods: a removal, and a link to a provider, are judged by it once more. */
export const ACCOUNT_METHODS = '/account/methods';

const MAX_NAME = 64;

/** What a user calls a passkey, or an authenticator. @throws DomainError INVALID_INPUT */
export function readMethodName(given: string): string {
  const name = given.trim();
  const problem = textProblem(name, { max: MAX_NAME });
  if (problem !== undefined) throw invalidInput('name', problem);
  return name;
}
