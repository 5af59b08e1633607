import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { AuditService } from '../features/audit/audit.service.js';
import {
  KeyArchiveService,
  RecoveryKeys,
} from '../features/certificates/key-archive/key-archive.service.js';
import { randomToken } from '../kernel/secrets.js';
import { EventHandlers } from '../platform/event-handlers.js';
import { UnitOfWork, type ChangeScope } from '../platform/scope.js';
import type { Services } from './services/services.js';
import { administratorProblem } from './start/start-problems.js';

/** @throws StartupError where it cannot be used */
export function recoveryKeysIn(pem: string | null): Promise<RecoveryKeys> {
  return pem === null ? Promise.resolve(RecoveryKeys.none()) : RecoveryKeys.parse(pem);
}

/** The recovery key that this server was given, where it is the first. @throws StartupError where it is none of those known */
export async function adoptRecoveryKey(source: DataSource, keys: RecoveryKeys): Promise<void> {
  const work = new UnitOfWork(source, new EventHandlers<ChangeScope>());
  const request = await work.systemRequest('first-start', randomUUID());
  await work.change(request, async (scope) => {
    const adopted = await new KeyArchiveService(keys).adopt(scope);
    if (adopted === undefined) return;
    await new AuditService().record(scope, {
      action: 'recovery-key.introduce',
      target: `recovery-key:${adopted}`,
    });
  });
}

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
