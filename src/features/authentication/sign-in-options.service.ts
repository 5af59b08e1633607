import { invalidInput } from '../../kernel/errors.js';
import type { Scope } from '../../platform/scope.js';
import type { SignInOption } from '../access/access.service.js';
import type { UserService } from '../users/user.service.js';

const PASSWORD: SignInOption = {
  method: 'PASSWORD',
  provider: null,
  label: 'User name and password',
  url: null,
};

/** Which proofs a caller can give here and now. */
export class SignInOptionsService {
  constructor(private readonly users: UserService) {}

  /**
   * For who is signed in: the methods that are set up for him; for others: those that open a session.
   * @param returnTo where a redirecting method is to come back to: a path of this server
   */
  async of(scope: Scope, returnTo?: string | null): Promise<SignInOption[]> {
    if (typeof returnTo === 'string' && !isLocalPath(returnTo)) {
      throw invalidInput('returnTo', 'It must be a path of this server.');
    }
    if (scope.actor.kind !== 'user') return [PASSWORD];
    const user = await this.users.get(scope, scope.actor.userId);
    return user.email === null ? [PASSWORD] : [PASSWORD, emailCode(user.email)];
  }
}

function emailCode(address: string): SignInOption {
  return {
    method: 'EMAIL_CODE',
    provider: null,
    label: `Code by e-mail to ${masked(address)}`,
    url: null,
  };
}

/** `alva@example.org` becomes `a…@example.org`: enough for its owner. */
function masked(address: string): string {
  const at = address.lastIndexOf('@');
  return `${Array.from(address)[0] ?? ''}…${address.slice(at)}`;
}

/** One slash, and nothing that a browser reads as a second one: no open redirect. */
function isLocalPath(path: string): boolean {
  return /^\/(?![/\\])[^\\\p{Cc}]{0,2000}$/u.test(path);
}
