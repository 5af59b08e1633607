import { randomUUID } from 'node:crypto';
import type { Config } from '../config.js';
import { randomToken } from '../kernel/secrets.js';
import type { Services } from './services.js';
import { administratorProblem } from './start-problems.js';

/**
 * Default access rules and the first administrator, where there are none.
 * @returns the administrator's password, where it was made here and nobody else knows it
 * @throws StartupError where ADMIN_PASSWORD or ADMIN_EMAIL cannot be used
 */
export async function seed(services: Services, admin: Config['admin']): Promise<string | null> {
  const { work, rules, firstAdministrator } = services;
  const password = admin.password ?? randomToken().slice(0, 20);
  const request = await work.systemRequest('first-start', randomUUID());
  const isNew = await work
    .change(request, async (scope) => {
      await scope.db.query(`SELECT pg_advisory_xact_lock(hashtext('signet first start'))`);
      await rules.seedDefaults(scope);
      return firstAdministrator.seed(scope, { password, email: admin.email });
    })
    .catch((cause: unknown) => {
      throw administratorProblem(cause);
    });
  return isNew && admin.password === null ? password : null;
}
