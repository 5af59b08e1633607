import { DomainError } from '../../../kernel/errors.js';
import type { UserActor } from '../../../kernel/actor.js';
import type { UserId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { NewUser, User, UserChanges, UserService } from '../../users/user.service.js';
import { SamlRefusal } from './messages/saml-refusal.js';
import type { IdentityProvider } from './providers/identity-provider.js';
import type { SamlOutcome } from './saml-outcome.js';

/** Who comes from which provider, and in whose session he arrives. */
export interface Arrival {
  readonly provider: IdentityProvider;
  readonly outcome: SamlOutcome;
  readonly session: UserActor | null;
}

/** Who is whom: a provider's name belongs to one user, and a user has one name at each provider. */
export class SamlIdentityService {
  constructor(private readonly users: UserService) {}

  /**
   * The user that a provider speaks of, linked or made at his first sign-in.
   * @throws SamlRefusal; DomainError USER_NOT_ACTIVE
   */
  async resolve(scope: ChangeScope, arrival: Arrival): Promise<User> {
    const known = await this.find(scope, arrival);
    const user = known
      ? await this.users.getLocked(scope, known.userId)
      : await this.linked(scope, arrival);
    requireOwner(arrival, user);
    if (user.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    return known?.createdUser === true ? this.followed(scope, arrival, user) : user;
  }

  /** Names of the enabled providers at which each of these users is known. */
  async providersOf(scope: Scope, userIds: readonly UserId[]): Promise<Map<UserId, string[]>> {
    const rows = await scope.sql<{ user_id: UserId; names: string[] }>(
      'saml-identity.providers-of',
      `SELECT i.user_id, array_agg(p.name ORDER BY p.name) AS names
       FROM saml_identity i JOIN identity_provider p ON p.id = i.provider_id
       WHERE p.enabled AND i.user_id = ANY($1::uuid[]) GROUP BY i.user_id`,
      [userIds],
    );
    return new Map(rows.map(({ user_id, names }) => [user_id, names]));
  }

  private async find(
    scope: Scope,
    { provider, outcome }: Arrival,
  ): Promise<{ userId: UserId; createdUser: boolean } | undefined> {
    const [row] = await scope.sql<{ user_id: UserId; created_user: boolean }>(
      'saml-identity.find',
      'SELECT user_id, created_user FROM saml_identity WHERE provider_id = $1 AND subject = $2',
      [provider.id, outcome.subject],
    );
    return row && { userId: row.user_id, createdUser: row.created_user };
  }

  private async linked(scope: ChangeScope, arrival: Arrival): Promise<User> {
    const { outcome } = arrival;
    const present = await this.users.findByUsername(scope, outcome.username);
    if (present === undefined) return this.made(scope, arrival);
    // Equal to a reader is not enough: the provider may hold both spellings, of two people.
    if (present.username !== outcome.username) throw new SamlRefusal('LOOK_ALIKE');
    const user = await this.users.getLocked(scope, present.id);
    requireOwner(arrival, user);
    if (isPrivileged(user) && arrival.session === null) throw new SamlRefusal('LINK_FROM_SESSION');
    if (user.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    await link(scope, arrival, { userId: user.id, createdUser: false });
    return user;
  }

  private async made(scope: ChangeScope, arrival: Arrival): Promise<User> {
    const { provider, outcome, session } = arrival;
    if (session !== null) throw new SamlRefusal('OTHER_USER');
    if (!provider.createUsers) throw new SamlRefusal('NO_ACCOUNT');
    const input: NewUser = {
      username: outcome.username,
      displayName: outcome.displayName ?? outcome.username,
      email: outcome.email,
      groups: outcome.groups,
    };
    const user = await readable(this.users.create(asProvider(scope, provider), input));
    await link(scope, arrival, { userId: user.id, createdUser: true });
    return user;
  }

  /** The provider goes on describing whom it has brought, until he is given a role: then he is described here. */
  private async followed(scope: ChangeScope, arrival: Arrival, user: User): Promise<User> {
    const changes = changesOf(arrival, user);
    if (isPrivileged(user) || Object.keys(changes).length === 0) return user;
    return readable(this.users.update(asProvider(scope, arrival.provider), user.id, changes));
  }
}

function changesOf({ provider: { attributes }, outcome }: Arrival, user: User): UserChanges {
  const isNewName = outcome.displayName !== null && outcome.displayName !== user.displayName;
  const isNewEmail = attributes.email !== null && outcome.email !== user.email;
  const groups = outcome.groups;
  const isNewGroups = groups !== null && !sameMembers(groups, user.groups);
  return {
    ...(isNewName ? { displayName: outcome.displayName } : {}),
    ...(isNewEmail ? { email: outcome.email } : {}),
    ...(isNewGroups ? { groups } : {}),
  };
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify([...new Set(a)].sort()) === JSON.stringify([...b].sort());
}

/** A proof by one user never joins another's session. */
function requireOwner({ session }: Arrival, { id }: User): void {
  if (session !== null && session.userId !== id) throw new SamlRefusal('OTHER_USER');
}

function isPrivileged({ roles }: User): boolean {
  return roles.includes('OPERATOR') || roles.includes('ADMIN');
}

async function link(
  scope: ChangeScope,
  { provider, outcome }: Arrival,
  { userId, createdUser }: { readonly userId: UserId; readonly createdUser: boolean },
): Promise<void> {
  const linked = await scope.sql(
    'saml-identity.link',
    `INSERT INTO saml_identity (provider_id, subject, user_id, created_user, created_at) VALUES ($1, $2, $3, $4, now())
     ON CONFLICT DO NOTHING RETURNING user_id`,
    [provider.id, outcome.subject, userId, createdUser],
  );
  if (linked.length === 0) throw new SamlRefusal('OTHER_IDENTITY');
}

/** What is made or changed on a provider's word stands in the log under its name. */
function asProvider(scope: ChangeScope, { name }: IdentityProvider): ChangeScope {
  const asSystem: ChangeScope = Object.create(scope) as ChangeScope;
  return Object.defineProperty(asSystem, 'actor', {
    value: { kind: 'system', name: `saml:${name}` },
  });
}

/** What the provider says is input like any other; its fields are not the browser's to read. */
async function readable(change: Promise<User>): Promise<User> {
  try {
    return await change;
  } catch (error) {
    const isInput = error instanceof DomainError && error.code === 'INVALID_INPUT';
    if (isInput) throw new SamlRefusal('ATTRIBUTES', { cause: error });
    if (error instanceof DomainError && error.code === 'CONFLICT') {
      throw new SamlRefusal('LOOK_ALIKE', { cause: error });
    }
    throw error;
  }
}
