import { invalidInput } from '../../kernel/errors.js';

/** A code as people type it. Such a slip is no attempt, and is not counted. @throws DomainError INVALID_INPUT */
export function requireSixDigits(code: string): void {
  if (!/^\d{6}$/.test(code)) throw invalidInput('code', 'It must have six digits.');
}
