import type { DataSource } from 'typeorm';
import { AuditEntryEntity } from '../../src/features/audit/audit-entry.entity.js';
import { AuditService } from '../../src/features/audit/audit.service.js';
import { usersOfProjects } from '../../src/features/members/member-standing.service.js';
import { verifyPassword } from '../../src/features/users/password.service.js';
import { FirstAdministratorService } from '../../src/features/users/first-administrator.service.js';
import { UserEntity } from '../../src/features/users/user.entity.js';
import {
  administratorChanged,
  userActivated,
  userAddressChanged,
  userDeactivated,
  userLocked,
  userRolesChanged,
} from '../../src/features/users/user.events.js';
import { UserPasswordService } from '../../src/features/users/user-password.service.js';
import { UserService, type NewUser, type User } from '../../src/features/users/user.service.js';
import type { Actor, RequestContext, Role } from '../../src/kernel/actor.js';
import { newId } from '../../src/kernel/ids.js';
import { createDataSource } from '../../src/platform/database/database.js';
import { EventHandlers, type EventType } from '../../src/platform/event-handlers.js';
import { UnitOfWork, type ChangeScope, type Scope } from '../../src/platform/scope.js';
import { createTestDatabase } from '../helpers/database.js';

const SYSTEM: Actor = { kind: 'system', name: 'test' };
const PASSWORD = 'correct horse battery staple';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let source: DataSource;
let work: UnitOfWork;
const audit = new AuditService();
const users = new UserService(audit, usersOfProjects);
const told: unknown[][] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const schema = { entities: [UserEntity, AuditEntryEntity], migrations: [] };
  source = await createDataSource(database.connection, schema).initialize();
  const handlers = new EventHandlers<ChangeScope>();
  const events: EventType<object>[] = [
    administratorChanged,
    userActivated,
    userAddressChanged,
    userDeactivated,
    userLocked,
    userRolesChanged,
  ];
  for (const event of events) {
    handlers.on(event, (_scope, facts) => {
      told.push([event.name, facts]);
      return Promise.resolve();
    });
  }
  work = new UnitOfWork(source, handlers);
});

beforeEach(async () => {
  await source.query('DELETE FROM app_user');
  told.length = 0;
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

function requestOf(actor: Actor): RequestContext {
  return {
    actor,
    grants: {},
    requestId: newId(),
    address: '127.0.0.1',
    userAgent: null,
    now: new Date(),
    setSessionCookie: () => undefined,
  };
}

function actorOf(user: User): Actor {
  return {
    kind: 'user',
    userId: user.id,
    username: user.username,
    roles: user.roles,
    groups: user.groups,
    sessionId: newId(),
    sessionExpiresAt: new Date(),
    evidence: [],
  };
}

function change<T>(what: (scope: ChangeScope) => Promise<T>, actor = SYSTEM): Promise<T> {
  return work.change(requestOf(actor), what);
}

function read<T>(what: (scope: Scope) => Promise<T>): Promise<T> {
  return what(work.read(requestOf(SYSTEM)));
}

function add(username: string, more: Partial<NewUser> = {}): Promise<User> {
  return change((scope) =>
    users.create(scope, { username, displayName: username.toUpperCase(), ...more }),
  );
}

async function addWithRoles(username: string, ...roles: Role[]): Promise<User> {
  const user = await add(username, { password: PASSWORD });
  return change((scope) => users.setRoles(scope, user.id, roles));
}

async function auditOf(user: User): Promise<{ action: string; detail: string | null }[]> {
  return source.query('SELECT action, detail FROM audit_entry WHERE target = $1 ORDER BY id', [
    `user:${user.id}`,
  ]);
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was not refused.');
}

describe('a user that was added', () => {
  test('is found by id, external id and user name, in whatever letters', async () => {
    const user = await add('Alva', { externalId: 'H-1' });
    await expect(read((scope) => users.find(scope, user.id))).resolves.toEqual(user);
    await expect(read((scope) => users.find(scope, user.id.toUpperCase()))).resolves.toEqual(user);
    await expect(read((scope) => users.findByExternalId(scope, 'H-1'))).resolves.toEqual(user);
    await expect(read((scope) => users.findByUsername(scope, 'aLVA'))).resolves.toMatchObject(user);
  });

  test('is active, with role USER, and in the audit log', async () => {
    const user = await add('alva', { groups: ['staff'] });
    expect(user).toMatchObject({ state: 'ACTIVE', roles: ['USER'], groups: ['staff'] });
    await expect(auditOf(user)).resolves.toEqual([{ action: 'user.create', detail: null }]);
  });

  test('has the password that was given, and it shows nowhere', async () => {
    const user = await add('alva', { password: PASSWORD });
    const row = await read((scope) => users.findByUsername(scope, 'alva'));
    await expect(verifyPassword(row?.passwordHash ?? null, PASSWORD)).resolves.toBe(true);
    expect(JSON.stringify(user)).not.toContain('argon2');
    expect(JSON.stringify(await auditOf(user))).not.toContain(PASSWORD);
  });

  test('takes a user name and an external id that nobody else gets', async () => {
    await add('alva', { externalId: 'H-1' });
    await expect(rejection(add('ALVA'))).resolves.toMatchObject({
      code: 'CONFLICT',
      facts: { fields: [{ field: 'input.username' }] },
    });
    await expect(rejection(add('bo', { externalId: 'H-1' }))).resolves.toMatchObject({
      code: 'CONFLICT',
      facts: { fields: [{ field: 'input.externalId' }] },
    });
  });

  test('is one, however many add it at the same time', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => add('alva')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes.filter(({ status }) => status === 'rejected')) {
      expect(outcome).toMatchObject({ reason: { code: 'CONFLICT' } });
    }
  });

  test('leaves the transaction usable when the name was taken', async () => {
    await add('alva');
    const bo = await change(async (scope) => {
      await rejection(users.create(scope, { username: 'alva', displayName: 'Alva' }));
      return users.create(scope, { username: 'bo', displayName: 'Bo' });
    });
    await expect(read((scope) => users.find(scope, bo.id))).resolves.toEqual(bo);
  });
});

describe('what names no user', () => {
  test.each(['', 'alva', '00000000-0000-0000-0000-000000000000', "'; DROP TABLE app_user; --"])(
    'the id "%s"',
    async (id) => {
      await expect(read((scope) => users.find(scope, id))).resolves.toBeUndefined();
      await expect(
        rejection(change((scope) => users.update(scope, id, {}))),
      ).resolves.toMatchObject({ code: 'NOT_FOUND' });
    },
  );

  test('a text with a NUL', async () => {
    await expect(read((scope) => users.findByExternalId(scope, 'a\0'))).resolves.toBeUndefined();
    await expect(read((scope) => users.findByUsername(scope, 'a\0'))).resolves.toBeUndefined();
  });
});

describe('the list of users', () => {
  const list = (query: Parameters<UserService['list']>[1]): ReturnType<UserService['list']> =>
    read((scope) => users.list(scope, query));

  test('goes from page to page, newest first, each user once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await add(name);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<UserService['list']>> = await list({ first: 2, after });
      expect(page.totalCount).toBe(5);
      seen.push(...page.nodes.map(({ username }) => username));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual(names.reverse());
  });

  test('is found by parts of user name, display name and address', async () => {
    await add('alva', { displayName: 'Lindqvist', email: 'x@example.com' });
    await add('bo');
    for (const search of ['LV', 'lindq', 'X@exam', '  alva ']) {
      const page = await list({ first: 10, search });
      expect(page.nodes.map(({ username }) => username)).toEqual(['alva']);
      expect(page.totalCount).toBe(1);
    }
  });

  test.each(['%', '_', '\\', "'"])('takes %s for the character that it is', async (sign) => {
    await add('alva');
    await add(`b${sign}`);
    const page = await list({ first: 10, search: sign });
    expect(page.nodes.map(({ username }) => username)).toEqual([`b${sign}`]);
  });

  test('is whole for an empty search', async () => {
    await add('alva');
    expect((await list({ first: 10, search: ' ' })).totalCount).toBe(1);
  });

  test.each([
    { first: 0 },
    { first: 101 },
    { first: 1, after: 'nonsense' },
    { first: 1, after: Buffer.from('1/abc').toString('base64url') },
    { first: 1, search: 'x'.repeat(201) },
    { first: 1, search: '\0' },
  ])('refuses %j', async (query) => {
    await expect(rejection(list(query))).resolves.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('answers loaders in the order of their keys', async () => {
    const [alva, bo, nobody] = [await add('alva'), await add('bo'), newId<User['id']>()];
    const found = await read((scope) =>
      users.summariesByIds(scope, [bo.id, nobody, alva.id, bo.id]),
    );
    expect(found.map((user) => user?.username)).toEqual(['bo', undefined, 'alva', 'bo']);
    expect(Object.keys(found[0] ?? {}).sort()).toEqual(['displayName', 'id', 'username']);
  });

  test('gives summaries one by one, and none of a user that is gone', async () => {
    const alva = await add('alva');
    await expect(read((scope) => users.loadSummary(scope, alva.id))).resolves.toEqual({
      id: alva.id,
      username: 'alva',
      displayName: 'ALVA',
    });
    await expect(
      rejection(read((scope) => users.loadSummary(scope, newId()))),
    ).resolves.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an update', () => {
  test('changes what it names, and says in the audit log what, but not to what', async () => {
    const user = await add('alva', { email: 'old@example.com', phone: '+41441234567' });
    const updated = await change((scope) =>
      users.update(scope, user.id, { email: 'new@example.com' }),
    );
    expect(updated).toEqual({ ...user, email: 'new@example.com' });
    expect((await auditOf(user)).at(-1)).toEqual({ action: 'user.update', detail: 'email' });
  });

  test('tells of a changed address, and only of that', async () => {
    const user = await add('alva', { email: 'old@example.com' });
    await change((scope) => users.update(scope, user.id, { email: 'old@example.com' }));
    expect(told).toEqual([]);
    await change((scope) => users.update(scope, user.id, { email: null, phone: '+41441234567' }));
    expect(told).toEqual([
      [userAddressChanged.name, { userId: user.id, what: 'email' }],
      [userAddressChanged.name, { userId: user.id, what: 'phone' }],
    ]);
  });

  test('that is refused changes nothing', async () => {
    const user = await add('alva', { email: 'old@example.com' });
    await rejection(
      change((scope) => users.update(scope, user.id, { email: 'new@example.com', groups: [''] })),
    );
    await expect(read((scope) => users.get(scope, user.id))).resolves.toEqual(user);
    await expect(auditOf(user)).resolves.toHaveLength(1);
  });
});

describe('the state of a user', () => {
  const TO = {
    ACTIVE: (scope: ChangeScope, id: string) => users.activate(scope, id),
    INACTIVE: (scope: ChangeScope, id: string) => users.deactivate(scope, id, 'on leave'),
    LOCKED: (scope: ChangeScope, id: string) => users.lock(scope, id, 'left'),
  };

  async function inState(state: User['state']): Promise<User> {
    if (state !== 'LOCKED') return add('alva', { state });
    const user = await add('alva');
    return change((scope) => users.lock(scope, user.id, 'left'));
  }

  test.each([
    ['REGISTERED', 'ACTIVE'],
    ['REGISTERED', 'INACTIVE'],
    ['REGISTERED', 'LOCKED'],
    ['ACTIVE', 'INACTIVE'],
    ['ACTIVE', 'LOCKED'],
    ['INACTIVE', 'ACTIVE'],
    ['INACTIVE', 'LOCKED'],
  ] as const)('goes from %s to %s', async (from, to) => {
    const user = await inState(from);
    const changed = await change((scope) => TO[to](scope, user.id));
    expect(changed).toMatchObject({ id: user.id, state: to });
    await expect(read((scope) => users.get(scope, user.id))).resolves.toEqual(changed);
  });

  test.each([
    ['ACTIVE', 'ACTIVE'],
    ['INACTIVE', 'INACTIVE'],
    ['LOCKED', 'ACTIVE'],
    ['LOCKED', 'INACTIVE'],
    ['LOCKED', 'LOCKED'],
  ] as const)('does not go from %s to %s', async (from, to) => {
    const user = await inState(from);
    await expect(rejection(change((scope) => TO[to](scope, user.id)))).resolves.toMatchObject({
      code: 'INVALID_TRANSITION',
      facts: { from },
    });
  });

  test('is told, and written into the audit log with its reason', async () => {
    const user = await add('alva');
    await change((scope) => users.deactivate(scope, user.id, 'on leave'));
    await change((scope) => users.activate(scope, user.id));
    await change((scope) => users.lock(scope, user.id, 'left'));
    expect(told).toEqual([
      [userDeactivated.name, { userId: user.id }],
      [userActivated.name, { userId: user.id }],
      [userLocked.name, { userId: user.id, reason: 'left' }],
    ]);
    await expect(auditOf(user)).resolves.toEqual([
      { action: 'user.create', detail: null },
      { action: 'user.deactivate', detail: 'on leave' },
      { action: 'user.activate', detail: null },
      { action: 'user.lock', detail: 'left' },
    ]);
  });

  test('LOCKED takes the roles, and none are given any more', async () => {
    const user = await addWithRoles('olga', 'OPERATOR');
    const locked = await change((scope) => users.lock(scope, user.id, 'left'));
    expect(locked.roles).toEqual([]);
    await expect(
      rejection(change((scope) => users.setRoles(scope, user.id, ['OPERATOR']))),
    ).resolves.toMatchObject({ code: 'INVALID_TRANSITION', facts: { from: 'LOCKED' } });
  });

  test.each(['', ' ', 'x'.repeat(501), 'line\nbreak'])(
    'is not changed for the reason %j',
    async (reason) => {
      const user = await add('alva');
      await expect(
        rejection(change((scope) => users.lock(scope, user.id, reason))),
      ).resolves.toMatchObject({ code: 'INVALID_INPUT' });
      await expect(read((scope) => users.get(scope, user.id))).resolves.toEqual(user);
    },
  );

  test('stays as it was when somebody who is told fails', async () => {
    const handlers = new EventHandlers<ChangeScope>();
    handlers.on(userLocked, () => Promise.reject(new Error('no')));
    const user = await add('alva');
    const failing = new UnitOfWork(source, handlers).change(requestOf(SYSTEM), (scope) =>
      users.lock(scope, user.id, 'left'),
    );
    await expect(failing).rejects.toThrow('no');
    await expect(read((scope) => users.get(scope, user.id))).resolves.toEqual(user);
    await expect(auditOf(user)).resolves.toHaveLength(1);
  });

  test('changes once, however many change it at the same time', async () => {
    const user = await add('alva');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => change((scope) => users.deactivate(scope, user.id))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(told).toHaveLength(1);
  });
});

describe('a user who holds a role that the actor lacks', () => {
  test.each<[string, (scope: ChangeScope, id: string) => Promise<unknown>]>([
    ['updated', (scope, id) => users.update(scope, id, { displayName: 'Mallory' })],
    ['deactivated', (scope, id) => users.deactivate(scope, id)],
    ['activated', (scope, id) => users.activate(scope, id)],
    ['locked', (scope, id) => users.lock(scope, id, 'because')],
    ['given roles', (scope, id) => users.setRoles(scope, id, [])],
  ])('cannot be %s', async (_, act) => {
    await addWithRoles('root', 'ADMIN');
    const admin = await addWithRoles('adam', 'ADMIN');
    const operator = await addWithRoles('olga', 'OPERATOR');
    await expect(
      rejection(change((scope) => act(scope, admin.id), actorOf(operator))),
    ).resolves.toMatchObject({ code: 'FORBIDDEN' });
    await expect(read((scope) => users.get(scope, admin.id))).resolves.toEqual(admin);
  });

  test('can be by one who has it, or one that implies it', async () => {
    const admin = await addWithRoles('adam', 'ADMIN');
    const operator = await addWithRoles('olga', 'OPERATOR');
    const other = await addWithRoles('otto', 'OPERATOR');
    for (const actor of [admin, operator]) {
      const displayName = `Named by ${actor.username}`;
      await expect(
        change((scope) => users.update(scope, other.id, { displayName }), actorOf(actor)),
      ).resolves.toMatchObject({ displayName });
    }
  });

  test('is safe from an actor whose own role was withdrawn meanwhile', async () => {
    await addWithRoles('root', 'ADMIN');
    const [admin, stale] = [
      await addWithRoles('adam', 'ADMIN'),
      await addWithRoles('eve', 'ADMIN'),
    ];
    await change((scope) => users.setRoles(scope, stale.id, ['USER']));
    await expect(
      rejection(change((scope) => users.setRoles(scope, admin.id, []), actorOf(stale))),
    ).resolves.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('is safe from an actor who is no longer active, or nobody', async () => {
    const [user, stale] = [await add('alva'), await addWithRoles('olga', 'OPERATOR')];
    await change((scope) => users.deactivate(scope, stale.id));
    await expect(
      rejection(change((scope) => users.activate(scope, user.id), actorOf(stale))),
    ).resolves.toMatchObject({ code: 'FORBIDDEN' });
    await expect(
      rejection(change((scope) => users.activate(scope, user.id), { kind: 'anonymous' })),
    ).resolves.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('can be acted for only by one who has the role', async () => {
    const [operator, admin] = [
      await addWithRoles('o', 'OPERATOR'),
      await addWithRoles('a', 'ADMIN'),
    ];
    const asks = (actor: User, about: User): Promise<void> =>
      change((scope) => users.requireAuthorityOver(scope, about), actorOf(actor));
    await expect(asks(admin, operator)).resolves.toBeUndefined();
    await expect(rejection(asks(operator, admin))).resolves.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('roles', () => {
  test('are replaced, told and written into the audit log', async () => {
    const user = await add('olga');
    const changed = await change((scope) =>
      users.setRoles(scope, user.id, ['OPERATOR', 'USER', 'OPERATOR']),
    );
    expect(changed.roles).toEqual(['USER', 'OPERATOR']);
    expect(told).toEqual([[userRolesChanged.name, { userId: user.id }]]);
    expect((await auditOf(user)).at(-1)).toEqual({
      action: 'user.set-roles',
      detail: 'USER OPERATOR',
    });
  });

  test('cannot be granted by one who lacks them', async () => {
    const operator = await addWithRoles('olga', 'OPERATOR');
    const user = await add('alva');
    await expect(
      rejection(change((scope) => users.setRoles(scope, user.id, ['ADMIN']), actorOf(operator))),
    ).resolves.toMatchObject({ code: 'FORBIDDEN' });
    await expect(
      rejection(
        change((scope) => users.setRoles(scope, operator.id, ['ADMIN']), actorOf(operator)),
      ),
    ).resolves.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('the last administrator', () => {
  test.each<[string, (scope: ChangeScope, id: string) => Promise<unknown>]>([
    ['locked', (scope, id) => users.lock(scope, id, 'left')],
    ['deactivated', (scope, id) => users.deactivate(scope, id)],
    ['stripped', (scope, id) => users.setRoles(scope, id, ['OPERATOR'])],
  ])('cannot be %s, by himself or by anyone', async (_, act) => {
    const admin = await addWithRoles('adam', 'ADMIN');
    const conflict = { code: 'CONFLICT', facts: { reason: 'LAST_ADMINISTRATOR' } };
    for (const actor of [SYSTEM, actorOf(admin)]) {
      await expect(
        rejection(change((scope) => act(scope, admin.id), actor)),
      ).resolves.toMatchObject(conflict);
    }
    await expect(read((scope) => users.get(scope, admin.id))).resolves.toEqual(admin);
  });

  test('is the last even beside administrators who are not active', async () => {
    const admin = await addWithRoles('adam', 'ADMIN');
    const inactive = await addWithRoles('ina', 'ADMIN');
    await change((scope) => users.deactivate(scope, inactive.id));
    await expect(
      rejection(change((scope) => users.setRoles(scope, admin.id, []))),
    ).resolves.toMatchObject({ code: 'CONFLICT' });
  });

  test('remains when two administrators strip each other at the same time', async () => {
    for (let round = 0; round < 5; round += 1) {
      await source.query('DELETE FROM app_user');
      const [one, two] = [await addWithRoles('one', 'ADMIN'), await addWithRoles('two', 'ADMIN')];
      const outcomes = await Promise.allSettled([
        change((scope) => users.setRoles(scope, two.id, []), actorOf(one)),
        change((scope) => users.setRoles(scope, one.id, []), actorOf(two)),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      await expect(read((scope) => users.activeAdministrators(scope))).resolves.toHaveLength(1);
    }
  });

  test('is told of to those who check that somebody gets in', async () => {
    const admin = await addWithRoles('adam', 'ADMIN');
    told.length = 0;
    await change((scope) => users.update(scope, admin.id, { groups: ['x'] }));
    expect(told).toEqual([[administratorChanged.name, { userId: admin.id }]]);
    await expect(read((scope) => users.activeAdministrators(scope))).resolves.toEqual([
      {
        id: admin.id,
        roles: ['ADMIN'],
        groups: ['x'],
      },
    ]);
  });
});

test('users with a password are told apart from those without', async () => {
  const one = await add('alva');
  await source.query(`UPDATE app_user SET password_hash = 'x' WHERE id = $1`, [one.id]);
  const none = await add('berta');
  await source.query('UPDATE app_user SET password_hash = NULL WHERE id = $1', [none.id]);
  const found = await read((scope) =>
    new UserPasswordService(users).holders(scope, [one.id, none.id]),
  );
  expect(found).toEqual([one.id]);
});

test('nobody locks or deactivates himself', async () => {
  await addWithRoles('root', 'ADMIN');
  for (const user of [await addWithRoles('adam', 'ADMIN'), await addWithRoles('o', 'OPERATOR')]) {
    for (const act of [
      (scope: ChangeScope) => users.lock(scope, user.id, 'bye'),
      (scope: ChangeScope) => users.deactivate(scope, user.id),
    ]) {
      await expect(rejection(change(act, actorOf(user)))).resolves.toMatchObject({
        code: 'FORBIDDEN',
        facts: { reason: 'OWN_ACCOUNT' },
      });
    }
  }
});

describe('the first administrator', () => {
  const seed = (password = PASSWORD): Promise<boolean> =>
    change((scope) =>
      new FirstAdministratorService(audit).seed(scope, { password, email: 'admin@localhost' }),
    );

  test('is written once, however many servers start', async () => {
    const outcomes = await Promise.all([seed(), seed(), seed()]);
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    await expect(seed('another password altogether')).resolves.toBe(false);
    const admin = await read((scope) => users.findByUsername(scope, 'admin'));
    expect(admin).toMatchObject({ roles: ['ADMIN'], state: 'ACTIVE', email: 'admin@localhost' });
    await expect(verifyPassword(admin?.passwordHash ?? null, PASSWORD)).resolves.toBe(true);
  });

  test('needs a password that can be one', async () => {
    await expect(rejection(seed('short'))).resolves.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(read((scope) => users.findByUsername(scope, 'admin'))).resolves.toBeUndefined();
  });
});
