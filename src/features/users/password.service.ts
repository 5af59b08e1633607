import { hash, verify, type Options } from '@node-rs/argon2';
import type { Problem } from '../../kernel/field-problems.js';
import { isCommonPassword, isWordDecorated } from './common-passwords.js';

const MIN_LENGTH = 12;
const MAX_LENGTH = 256;

/** OWASP Password Storage Cheat Sheet: Argon2id (the library's default variant), 19 MiB, two passes, one lane. */
const ARGON2: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };

/** Same parameters as {@link ARGON2}; no password is known to have it. Compared with where there is none, so that time does not tell. */
const NO_PASSWORD =
  '$argon2id$v=19$m=19456,t=2,p=1$c2lnbmV0LW5vLXNlY3JldA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

/** What keeps a password from being chosen. */
export function passwordProblem(password: string, username: string): Problem {
  const length = Array.from(password).length;
  if (length < MIN_LENGTH) return `It must have at least ${String(MIN_LENGTH)} characters.`;
  if (length > MAX_LENGTH) return `It must have at most ${String(MAX_LENGTH)} characters.`;
  if (isWordDecorated(password, username)) return 'It must not be the user name.';
  if (isCommonPassword(password)) return 'It is one of the passwords that are guessed first.';
  return undefined;
}

/** Argon2id in PHC string format, with a random salt. */
export function hashPassword(password: string): Promise<string> {
  return hash(normalised(password), ARGON2);
}

/** Takes as long without a hash as with one; then, and for a password longer than any can be, the answer is no. */
export async function verifyPassword(
  passwordHash: string | null,
  password: string,
): Promise<boolean> {
  const isTooLong = Array.from(password).length > MAX_LENGTH;
  const matches = await verify(passwordHash ?? NO_PASSWORD, isTooLong ? '' : normalised(password));
  return matches && !isTooLong && passwordHash !== null;
}

/** NIST SP 800-63B 5.1.1.2: the same password typed on two keyboards is one. */
function normalised(password: string): string {
  return password.normalize('NFKC');
}
