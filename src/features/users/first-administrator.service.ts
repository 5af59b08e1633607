import { invalidInput } from '../../kernel/errors.js';
import { newId } from '../../kernel/ids.js';
import type { ChangeScope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import { hashPassword, passwordProblem } from './password.service.js';
import { emailProblem, readNewUser } from './user-input.js';
import { insertUser, isUsernameTaken } from './user-table.js';

const ADMINISTRATOR = 'admin';

/** Who is there before anybody could have made him. */
export class FirstAdministratorService {
  constructor(private readonly audit: AuditService) {}

  /**
   * The first administrator, user name `admin`.
   * @returns false, and writes nothing, where there is such a user already
   * @throws DomainError INVALID_INPUT for a password or an address that cannot be used
   */
  async seed(
    scope: ChangeScope,
    { password, email }: { readonly password: string; readonly email: string },
  ): Promise<boolean> {
    if (await isUsernameTaken(scope, ADMINISTRATOR)) return false;
    refuseField('password', passwordProblem(password, ADMINISTRATOR));
    refuseField('email', emailProblem(email));
    const user = await insertUser(scope, {
      ...readNewUser({ username: ADMINISTRATOR, displayName: 'Administrator', email }),
      id: newId(),
      roles: ['ADMIN'],
      passwordHash: await hashPassword(password),
    });
    if (user === undefined) return false;
    const detail = 'first administrator';
    await this.audit.record(scope, { action: 'user.create', target: `user:${user.id}`, detail });
    return true;
  }
}

function refuseField(field: string, problem: string | undefined): void {
  if (problem !== undefined) throw invalidInput(field, problem);
}
