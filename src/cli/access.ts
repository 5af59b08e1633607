import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { loadConfig, type Config } from '../config.js';
import { accessRuleChanged } from '../features/access/rules/access-rule.events.js';
import { AccessRuleService } from '../features/access/rules/access-rule.service.js';
import { ResourceRegistry } from '../features/access/resource-registry.service.js';
import { AuditService } from '../features/audit/audit.service.js';
import { EventHandlers } from '../platform/event-handlers.js';
import { UnitOfWork, type ChangeScope } from '../platform/scope.js';
import { readCommand } from './command-line.js';
import { withDatabase } from './own-database.js';
import { runCommand } from './run-command.js';

const USAGE = `npm run access -- reset

Writes the default access rules back and takes all others away, for when no administrator gets in any more. Servers that run
obey at once. It needs DATABASE_URL, or the DATA_DIR of the server whose rules they are.
`;

/** The server's own console for access rules: who can start it has the database anyway, so it asks nobody. */
async function main(args: readonly string[]): Promise<number> {
  readCommand(args, { options: {}, verbs: { reset: { options: [] } } });
  await withDatabase(settings(), reset);
  process.stdout.write('The default access rules are back, and in force.\n');
  return 0;
}

/** No keys are needed here, and none is read. */
function settings(): Config {
  // eslint-disable-next-line no-restricted-properties -- a program of its own, as main.ts
  const { DATABASE_URL, DATA_DIR } = process.env;
  return loadConfig({ DATABASE_URL, DATA_DIR, MASTER_KEY: Buffer.alloc(32).toString('base64') });
}

async function reset(source: DataSource): Promise<void> {
  const audit = new AuditService();
  const handlers = new EventHandlers<ChangeScope>();
  handlers.on(accessRuleChanged, (scope, event) => audit.recordRuleChange(scope, event));
  const rules = new AccessRuleService({
    administrators: () => Promise.resolve([]),
    credentials: [],
    resources: new ResourceRegistry(),
    providerExists: () => Promise.resolve(false),
  });
  const work = new UnitOfWork(source, handlers);
  const request = await work.systemRequest('console', randomUUID());
  await work.change(request, async (scope) => {
    await rules.reset(scope);
    await audit.record(scope, { action: 'access-rules.reset' });
  });
}

runCommand({ name: 'access', usage: USAGE, run: main });
