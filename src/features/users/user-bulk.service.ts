import { insertAll } from '../../platform/database/bulk-insert.js';
import { newId, type UserId } from '../../kernel/ids.js';
import type { ChangeScope } from '../../platform/scope.js';
import type { AuditService } from '../audit/audit.service.js';
import { VISIBLE_NAME } from './user-input.js';
import { selectTakenUsernames, updatePeople } from './user-table.js';
import { UserEntity } from './user.entity.js';
import { userAddressChanged, userCreated } from './user.events.js';
import { usernameKey } from './user.js';

/** Somebody new, whose fields have been checked. */
export interface NewPerson {
  readonly displayName: string;
  readonly email: string;
  /** What he may be called, dearest first; where all of it is taken, something of the first. */
  readonly usernames: readonly string[];
}

export interface NamedPerson {
  readonly id: UserId;
  readonly username: string;
}

/** Somebody known, whose row is locked and whose fields have been checked. */
export interface ChangedPerson {
  readonly id: UserId;
  readonly displayName: string;
  readonly email: string;
  readonly changed: readonly ('displayName' | 'email')[];
}

const USERNAME_CHARACTERS = 64;
const SUFFIX_CHARACTERS = 8;

/** Users by the thousand, such as those of an imported file: without any role but USER, and for nobody who has another. */
export class UserBulkService {
  constructor(private readonly audit: AuditService) {}

  /** In their order. They are active, and have no password. */
  async createAll(scope: ChangeScope, people: readonly NewPerson[]): Promise<NamedPerson[]> {
    const candidates = people.flatMap(({ usernames }) => usernames.filter(isUsername));
    const taken = await selectTakenUsernames(scope, candidates.map(usernameKey));
    const named = people.map((person) => {
      const id = newId<UserId>();
      const username = freeUsername(person.usernames, id, taken);
      taken.add(usernameKey(username));
      return { ...person, id, username };
    });
    await insertAll(
      scope,
      UserEntity,
      named.map(({ id, username, displayName, email }) => ({
        ...{ id, externalId: null, username, usernameKey: usernameKey(username) },
        ...{ displayName, email, phone: null, state: 'ACTIVE', roles: ['USER'], groups: [] },
        ...{ passwordHash: null, createdAt: scope.now, updatedAt: scope.now },
      })),
    );
    for (const { id: userId } of named) {
      await scope.raise(userCreated, { userId, awaitsPassword: false });
    }
    await this.audit.recordAll(
      scope,
      named.map(({ id }) => ({ action: 'user.create', target: `user:${id}` })),
    );
    return named.map(({ id, username }) => ({ id, username }));
  }

  async updateAll(scope: ChangeScope, people: readonly ChangedPerson[]): Promise<void> {
    if (people.length === 0) return;
    await updatePeople(scope, people);
    for (const { id: userId, changed } of people) {
      if (changed.includes('email'))
        await scope.raise(userAddressChanged, { userId, what: 'email' });
    }
    await this.audit.recordAll(
      scope,
      people.map(({ id, changed }) => ({
        action: 'user.update',
        target: `user:${id}`,
        detail: changed.join(' '),
      })),
    );
  }
}

function isUsername(text: string): boolean {
  return VISIBLE_NAME.test(text);
}

function freeUsername(wanted: readonly string[], id: UserId, taken: ReadonlySet<string>): string {
  const free = wanted.find((name) => isUsername(name) && !taken.has(usernameKey(name)));
  if (free !== undefined) return free;
  const room = USERNAME_CHARACTERS - SUFFIX_CHARACTERS - 1;
  const beginning = Array.from(wanted[0] ?? '')
    .filter(isUsername)
    .slice(0, room)
    .join('');
  return `${beginning}~${id.slice(0, SUFFIX_CHARACTERS)}`;
}
