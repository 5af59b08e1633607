import { invalidInput } from '../../kernel/errors.js';
import type { Scope } from '../../platform/scope.js';
import type { SignInOption } from '../access/access.service.js';
import type { User, UserService } from '../users/user.service.js';

/** For whom options are asked: `user` is null for who is not signed in. */
interface OptionsQuery {
  readonly user: User | null;
  /** Where a redirecting method is to come back to: a path of this server. */
  readonly returnTo: string | null;
  /** What would prove nothing. */
  readonly excludedCredentials: readonly string[];
}

/** What one method offers a caller; nothing where it is not set up for him. */
export type OptionSource = (scope: Scope, query: OptionsQuery) => Promise<readonly SignInOption[]>;

/** Which proofs a caller can give here and now. Each method says for itself what it offers. */
export class SignInOptionsService {
  constructor(
    private readonly users: UserService,
    private readonly sources: readonly OptionSource[],
  ) {}

  /** For who is signed in: the methods that are set up for him; for others: those that open a session. */
  async of(
    scope: Scope,
    returnTo?: string | null,
    excludedCredentials: readonly string[] = [],
  ): Promise<SignInOption[]> {
    if (typeof returnTo === 'string' && !isLocalPath(returnTo)) {
      throw invalidInput('returnTo', 'It must be a path of this server.');
    }
    const { actor } = scope;
    if (actor.kind === 'client') return [];
    const user = actor.kind === 'user' ? await this.users.get(scope, actor.userId) : null;
    const query = { user, returnTo: returnTo ?? null, excludedCredentials };
    const options: SignInOption[] = [];
    for (const source of this.sources) options.push(...(await source(scope, query))); // one connection asks one thing at a time
    return options;
  }
}

/** One slash, and nothing that a browser reads as a second one: no open redirect. */
export function isLocalPath(path: string): boolean {
  return /^\/(?![/\\])[^\\\p{Cc}]{0,2000}$/u.test(path);
}
