import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Config } from '../../config.js';
import { AuditService } from '../../features/audit/audit.service.js';
import { AuthorityKeys } from '../../features/certificates/authorities/authority-keys.js';
import { IssuingAuthorities } from '../../features/certificates/authorities/issuing-authorities.service.js';
import {
  AuthorityService,
  type AuthoritySettings,
} from '../../features/certificates/authorities/authority.service.js';
import { Token } from '../../features/certificates/pkcs11/token.js';
import type { KeyRing } from '../../kernel/secrets.js';
import type { EventBus } from '../../platform/event-bus/event-bus.js';
import { EventHandlers } from '../../platform/event-handlers.js';
import type { Logger } from '../../platform/logger.js';
import { UnitOfWork, type ChangeScope } from '../../platform/scope.js';
import type { Teardown } from './teardown.js';

export interface Authorities {
  readonly service: AuthorityService;
  readonly issuing: IssuingAuthorities;
}

/** The certificate authorities, made at the very first start, with their keys opened. */
export async function openAuthorities(
  source: DataSource,
  keys: AuthorityKeys,
  settings: AuthoritySettings,
): Promise<Authorities> {
  const work = new UnitOfWork(source, new EventHandlers<ChangeScope>());
  const service = new AuthorityService(keys, new AuditService());
  const issuing = new IssuingAuthorities(service, settings.pkiUrl);
  const request = await work.systemRequest('first-start', randomUUID());
  await work.change(request, (scope) => service.ensure(scope, settings));
  await issuing.reload(work.read(request));
  return { service, issuing };
}

/** Where the authorities' keys lie. */
export async function openAuthorityKeys(
  keys: KeyRing,
  pkcs11: Config['pkcs11'],
  teardown: Teardown,
): Promise<AuthorityKeys> {
  if (pkcs11 === null) return new AuthorityKeys(keys, null);
  const token = await Token.open(pkcs11);
  teardown.add(() => {
    token.close();
    return Promise.resolve();
  });
  return new AuthorityKeys(keys, token);
}

/** Takes up what another process, such as the console, has rolled over to. */
export function followAuthorities(
  { issuing }: Authorities,
  { work, bus, log }: { work: UnitOfWork; bus: Pick<EventBus, 'listen'>; log: Logger },
): void {
  bus.listen('authorities', () => {
    work
      .systemRequest('authorities', randomUUID())
      .then((request) => issuing.reload(work.read(request)))
      .catch((error: unknown) => {
        log.error({ error }, 'the new certificate authority could not be opened');
      });
  });
}
