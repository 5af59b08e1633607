import type { UserActor } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import type { IdentityProviderId, UserId } from '../../../kernel/ids.js';
import { ownGroups } from '../../../kernel/project-group.js';
import { actingAs, type ChangeScope, type Scope } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { SessionService } from '../../sessions/session.service.js';
import type { NewUser, User, UserChanges, UserService } from '../../users/user.service.js';
import { SamlRefusal } from './messages/saml-refusal.js';
import type { IdentityProvider } from './providers/identity-provider.js';
import type { SamlOutcome } from './saml-outcome.js';

/** Who comes from which provider, and in whose session he arrives. */
export interface Arrival {
  readonly provider: IdentityProvider;
  readonly outcome: SamlOutcome;
  readonly session: UserActor | null;
  /** Whether methods may be set up in that session now. */
  readonly maySetUpMethods: boolean;
}

interface Link {
  readonly userId: UserId;
  readonly createdUser: boolean;
  readonly linkedInSession: boolean;
}

/** What evidence of SAML was given with. */
export function samlCredential(providerId: IdentityProviderId, subject: string): string {
  return `${providerId}:${subject}`;
}

/** Who is whom: a provider's name belongs to one user, and a user has one name at each provider. */
export class SamlIdentityService {
  constructor(
    private readonly ports: {
      readonly users: UserService;
      readonly sessions: SessionService;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * The user that a provider speaks of, linked or made at his first sign-in.
   * @throws SamlRefusal; DomainError USER_NOT_ACTIVE
   */
  async resolve(scope: ChangeScope, arrival: Arrival): Promise<User> {
    const known = await this.find(scope, arrival);
    const user = known
      ? await this.ports.users.getLocked(scope, known.userId)
      : await this.linked(scope, arrival);
    requireOwner(arrival, user);
    // He may have been given a role until his row was locked, and have lost the link with that.
    if (known?.linkedInSession === false && isPrivileged(user)) {
      throw new SamlRefusal('LINK_FROM_SESSION');
    }
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

  /**
   * Who has been given a role is not whom a provider named before on its own word: such links go, and what was proven by them.
   * For `userRolesChanged`.
   */
  async dropUnproven(scope: ChangeScope, userId: UserId): Promise<void> {
    const { users, sessions, audit } = this.ports;
    if (!isPrivileged(await users.get(scope, userId))) return;
    const dropped = await scope.sql<{ id: IdentityProviderId; subject: string; name: string }>(
      'saml-identity.drop-unproven',
      `DELETE FROM saml_identity i USING identity_provider p
       WHERE i.user_id = $1 AND NOT i.linked_in_session AND p.id = i.provider_id
       RETURNING p.id, i.subject, p.name`,
      [userId],
    );
    for (const { id, subject, name } of dropped) {
      const credential = samlCredential(id, subject);
      await sessions.forgetEvidence(scope, userId, { method: 'SAML', credential });
      const detail = `SAML ${name}`;
      await audit.record(scope, { action: 'user.unlink', target: `user:${userId}`, detail });
    }
  }

  private async find(scope: Scope, { provider, outcome }: Arrival): Promise<Link | undefined> {
    const [row] = await scope.sql<Link>(
      'saml-identity.find',
      `SELECT user_id AS "userId", created_user AS "createdUser", linked_in_session AS "linkedInSession"
       FROM saml_identity WHERE provider_id = $1 AND subject = $2`,
      [provider.id, outcome.subject],
    );
    return row;
  }

  private async linked(scope: ChangeScope, arrival: Arrival): Promise<User> {
    const { outcome, maySetUpMethods } = arrival;
    const { users } = this.ports;
    const present = await users.findByUsername(scope, outcome.username);
    if (present === undefined) return this.made(scope, arrival);
    // Equal to a reader is not enough: the provider may hold both spellings, of two people.
    if (present.username !== outcome.username) throw new SamlRefusal('LOOK_ALIKE');
    const user = await users.getLocked(scope, present.id);
    requireOwner(arrival, user);
    if (isPrivileged(user)) requireProof(arrival);
    if (user.state !== 'ACTIVE') throw new DomainError('USER_NOT_ACTIVE');
    const linkedInSession = maySetUpMethods;
    await link(scope, arrival, { userId: user.id, createdUser: false, linkedInSession });
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
    const user = await readable(this.ports.users.create(asProvider(scope, provider), input));
    await link(scope, arrival, { userId: user.id, createdUser: true, linkedInSession: false });
    return user;
  }

  /** The provider goes on describing whom it has brought, until he is given a role: with that the link has gone. */
  private async followed(scope: ChangeScope, arrival: Arrival, user: User): Promise<User> {
    const changes = changesOf(arrival, user);
    if (Object.keys(changes).length === 0) return user;
    return readable(this.ports.users.update(asProvider(scope, arrival.provider), user.id, changes));
  }
}

function changesOf({ provider: { attributes }, outcome }: Arrival, user: User): UserChanges {
  const isNewName = outcome.displayName !== null && outcome.displayName !== user.displayName;
  const isNewEmail = attributes.email !== null && outcome.email !== user.email;
  const groups = outcome.groups;
  const isNewGroups = groups !== null && !sameMembers(groups, ownGroups(user.groups));
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

/** Whoever sets up a method for somebody with a role shows more than the session that a password opens. */
function requireProof({ session, maySetUpMethods }: Arrival): void {
  if (session === null) throw new SamlRefusal('LINK_FROM_SESSION');
  if (!maySetUpMethods) throw new SamlRefusal('LINK_UNPROVEN');
}

function isPrivileged({ roles }: User): boolean {
  return roles.includes('OPERATOR') || roles.includes('ADMIN');
}

async function link(
  scope: ChangeScope,
  { provider, outcome }: Arrival,
  { userId, createdUser, linkedInSession }: Link,
): Promise<void> {
  const linked = await scope.sql(
    'saml-identity.link',
    `INSERT INTO saml_identity (provider_id, subject, user_id, created_user, linked_in_session, created_at)
     VALUES ($1, $2, $3, $4, $5, now())
     ON CONFLICT DO NOTHING RETURNING user_id`,
    [provider.id, outcome.subject, userId, createdUser, linkedInSession],
  );
  if (linked.length === 0) throw new SamlRefusal('OTHER_IDENTITY');
}

/** What is made or changed on a provider's word stands in the log under its name. */
function asProvider(scope: ChangeScope, { name }: IdentityProvider): ChangeScope {
  return actingAs(scope, { kind: 'system', name: `saml:${name}` });
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
