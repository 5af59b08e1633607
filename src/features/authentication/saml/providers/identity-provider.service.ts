import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../../../../kernel/errors.js';
import { newId, parseId, type IdentityProviderId } from '../../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../../platform/scope.js';
import type { AccessRuleService } from '../../../access/rules/access-rule.service.js';
import type { AuditService } from '../../../audit/audit.service.js';
import type { SessionService } from '../../../sessions/session.service.js';
import { SamlRefusal } from '../messages/saml-refusal.js';
import { SamlIdentity, SamlRequest, SamlSession } from '../saml.entity.js';
import {
  readProvider,
  readProviderChanges,
  type ProviderInput,
} from './identity-provider-input.js';
import { IdentityProviderEntity } from './identity-provider.entity.js';
import {
  serviceUrls,
  type IdentityProvider,
  type IdentityProviderFields,
  type ServiceUrls,
} from './identity-provider.js';

export type { IdentityProvider, ProviderInput, ServiceUrls };

/** Keeps the identity providers that people may sign in at. A change holds on every instance from its commit on. */
export class IdentityProviderService {
  constructor(
    private readonly ports: {
      readonly audit: AuditService;
      readonly rules: AccessRuleService;
      readonly sessions: SessionService;
      readonly publicUrl: string;
    },
  ) {}

  /** By name. */
  list(scope: Scope): Promise<IdentityProvider[]> {
    return scope.db.find(IdentityProviderEntity, { order: { name: 'ASC' } });
  }

  /** Those that may be used, by name. */
  enabled(scope: Scope): Promise<IdentityProvider[]> {
    return scope.db.find(IdentityProviderEntity, {
      where: { enabled: true },
      order: { name: 'ASC' },
    });
  }

  /** The provider of this name, if it may be used. */
  async findEnabled(scope: Scope, name: string): Promise<IdentityProvider | undefined> {
    const found = await scope.db.findOneBy(IdentityProviderEntity, { name, enabled: true });
    return found ?? undefined;
  }

  /**
   * Keeps it as it is until the transaction ends: whoever changes it waits, and then takes back what came in before.
   * @param known as it was when the answer was looked at
   * @throws DomainError NOT_FOUND where it is gone or switched off; SamlRefusal PROVIDER_CHANGED
   */
  async hold(scope: ChangeScope, known: IdentityProvider): Promise<void> {
    const { id } = known;
    await scope.sql(
      'identity-provider.hold',
      'SELECT 1 FROM identity_provider WHERE id = $1 FOR SHARE',
      [id],
    );
    const present = await scope.db.findOneBy(IdentityProviderEntity, { id, enabled: true });
    if (present === null) throw new DomainError('NOT_FOUND');
    if (isOther(known, present)) throw new SamlRefusal('PROVIDER_CHANGED');
  }

  /** Whether rules may speak of it. */
  exists(scope: Scope, name: string): Promise<boolean> {
    return scope.db.existsBy(IdentityProviderEntity, { name });
  }

  urlsOf({ name }: Pick<IdentityProvider, 'name'>): ServiceUrls {
    return serviceUrls(this.ports.publicUrl, name);
  }

  /** @throws DomainError INVALID_INPUT; CONFLICT where the name is taken */
  async create(scope: ChangeScope, input: ProviderInput): Promise<IdentityProvider> {
    const provider = { id: newId<IdentityProviderId>(), ...readProvider(input) };
    const made = await scope.db
      .createQueryBuilder()
      .insert()
      .into(IdentityProviderEntity)
      .values({
        ...rowOf(provider),
        id: provider.id,
        name: provider.name,
        createdAt: scope.now,
        updatedAt: scope.now,
      })
      .orIgnore()
      .returning('id')
      .execute();
    if ((made.raw as unknown[]).length === 0) {
      const fields = [{ field: 'input.name', message: 'It is already taken.' }];
      throw new DomainError('CONFLICT', { fields });
    }
    await this.record(scope, 'create', provider, provider.name);
    return provider;
  }

  /**
   * What was proven there is taken back where it could no longer be proven the same way.
   * @throws DomainError INVALID_INPUT, NOT_FOUND; CONFLICT where no administrator could get in any more
   */
  async update(scope: ChangeScope, id: string, input: ProviderInput): Promise<IdentityProvider> {
    const present = await this.locked(scope, id);
    const fields = readProviderChanges(present, input);
    await scope.db.update(
      IdentityProviderEntity,
      { id: present.id },
      { ...rowOf(fields), updatedAt: scope.now },
    );
    const provider = { ...fields, id: present.id, name: present.name };
    // Another provider's names are other people's.
    if (fields.entityId !== present.entityId) await forgetNames(scope, present);
    if (isOther(present, fields)) await forgetRequests(scope, present);
    if (isLessTrusted(present, fields)) await this.takeBack(scope, present);
    await this.record(scope, 'update', provider, changedNames(present, fields).join(' '));
    return provider;
  }

  /** @throws DomainError NOT_FOUND; CONFLICT where no administrator could get in any more */
  async delete(scope: ChangeScope, id: string): Promise<void> {
    const present = await this.locked(scope, id);
    await scope.db.delete(IdentityProviderEntity, { id: present.id });
    await forgetNames(scope, present);
    await forgetRequests(scope, present);
    await this.takeBack(scope, present);
    await this.record(scope, 'delete', present, present.name);
  }

  private async locked(scope: ChangeScope, id: string): Promise<IdentityProvider> {
    const providerId = parseId<IdentityProviderId>(id);
    if (providerId === undefined) throw new DomainError('NOT_FOUND');
    await scope.sql(
      'identity-provider.lock',
      'SELECT 1 FROM identity_provider WHERE id = $1 FOR UPDATE',
      [providerId],
    );
    const found = await scope.db.findOneBy(IdentityProviderEntity, { id: providerId });
    if (found === null) throw new DomainError('NOT_FOUND');
    return found;
  }

  private async takeBack(scope: ChangeScope, { name }: IdentityProvider): Promise<void> {
    await this.ports.sessions.forgetProvider(scope, 'SAML', name);
    await this.ports.rules.requireAdministrator(scope);
  }

  private record(
    scope: ChangeScope,
    verb: 'create' | 'update' | 'delete',
    { id }: Pick<IdentityProvider, 'id'>,
    detail: string,
  ): Promise<void> {
    return this.ports.audit.record(scope, {
      action: `identity-provider.${verb}`,
      target: `identity-provider:${id}`,
      detail,
    });
  }
}

async function forgetNames(scope: ChangeScope, { id }: IdentityProvider): Promise<void> {
  await scope.db.delete(SamlIdentity, { providerId: id });
  await scope.db.delete(SamlSession, { providerId: id });
}

/** What was begun, and what was answered: it was judged by what the provider was. */
async function forgetRequests(scope: ChangeScope, { id }: IdentityProvider): Promise<void> {
  await scope.db.delete(SamlRequest, { providerId: id });
}

/** Whether an answer could have been judged otherwise: by anything but the label. */
function isOther(before: IdentityProviderFields, after: IdentityProviderFields): boolean {
  return changedNames(before, after).some((name) => name !== 'label');
}

/** Switched off, another provider altogether, a key withdrawn, or another way of authentication asked for. */
function isLessTrusted(before: IdentityProvider, after: IdentityProviderFields): boolean {
  const { authenticationContext: asked } = after;
  return (
    (before.enabled && !after.enabled) ||
    before.entityId !== after.entityId ||
    before.certificates.some((certificate) => !after.certificates.includes(certificate)) ||
    (asked !== null && asked !== before.authenticationContext)
  );
}

function rowOf(
  fields: IdentityProviderFields,
): Omit<IdentityProviderEntity, 'id' | 'name' | 'createdAt' | 'updatedAt'> {
  const { label, entityId, signInUrl, signOutUrl, certificates, ...rest } = fields;
  const { authenticationContext, attributes, createUsers, acceptUnsolicited, enabled } = rest;
  return {
    ...{ label, entityId, signInUrl, signOutUrl, certificates: [...certificates] },
    ...{ authenticationContext, attributes, createUsers, acceptUnsolicited, enabled },
  };
}

function changedNames(
  before: IdentityProviderFields,
  after: IdentityProviderFields,
): (keyof IdentityProviderFields)[] {
  const names = Object.keys(rowOf(after)) as (keyof IdentityProviderFields)[];
  return names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
}
