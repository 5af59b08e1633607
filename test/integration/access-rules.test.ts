import type { DataSource } from 'typeorm';
import { createSchemaOnly } from '../../src/app.js';
import { guardedBy } from '../../src/edge/graphql/schema-rules.js';
import { AccessPolicyEntity } from '../../src/features/access/access-policy.entity.js';
import { AccessRuleEntity } from '../../src/features/access/rules/access-rule.entity.js';
import { accessRuleChanged } from '../../src/features/access/rules/access-rule.events.js';
import { AccessRuleService } from '../../src/features/access/rules/access-rule.service.js';
import { AccessService } from '../../src/features/access/access.service.js';
import { DEFAULT_RULES } from '../../src/features/access/rules/default-rules.js';
import { ResourceRegistry } from '../../src/features/access/resource-registry.service.js';
import { AuditEntryEntity } from '../../src/features/audit/audit-entry.entity.js';
import { AuditService } from '../../src/features/audit/audit.service.js';
import type { Actor, AuthenticationMethod, RequestContext, Role } from '../../src/kernel/actor.js';
import { newId, type UserId } from '../../src/kernel/ids.js';
import { createDataSource } from '../../src/platform/database/database.js';
import { EventHandlers } from '../../src/platform/event-handlers.js';
import { UnitOfWork, type ChangeScope } from '../../src/platform/scope.js';
import { createTestDatabase } from '../helpers/database.js';

const NOW = new Date('2026-05-04T12:00:00Z');
const SYSTEM: Actor = { kind: 'system', name: 'setup' };
const NOBODY: Actor = { kind: 'anonymous' };
const ADMIN = person(['ADMIN'], ['PASSWORD', 'EMAIL_CODE']);
const USER = person([], ['PASSWORD']);
const CODE_BY_MAIL = { method: 'EMAIL_CODE', provider: null, label: 'E-mail', url: null } as const;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let source: DataSource;
let work: UnitOfWork;
const audit = new AuditService();
const administrator = { id: newId<UserId>(), roles: ['ADMIN'] as const, groups: [] };
const proofs = (['PASSWORD', 'EMAIL_CODE'] as const).map((method) => ({ method, provider: null }));
const resources = new ResourceRegistry();
const rules = new AccessRuleService({
  administrators: () => Promise.resolve([administrator]),
  credentials: proofs.map((proof) => () => Promise.resolve(new Map([[administrator.id, [proof]]]))),
  resources,
  providerExists: (_scope, name) => Promise.resolve(name === 'staff'),
});
const [here, elsewhere] = [newAccess(), newAccess()];

beforeAll(async () => {
  resources.learn(guardedBy(await createSchemaOnly()));
  database = await createTestDatabase();
  const entities = [AccessPolicyEntity, AccessRuleEntity, AuditEntryEntity];
  source = await createDataSource(database.connection, { entities, migrations: [] }).initialize();
  const handlers = new EventHandlers<ChangeScope>();
  handlers.on(accessRuleChanged, (scope, event) => audit.recordRuleChange(scope, event));
  work = new UnitOfWork(source, handlers);
});

beforeEach(async () => {
  await source.query('DELETE FROM access_rule');
  await source.query('DELETE FROM access_policy');
  await change(SYSTEM, (scope) => rules.seedDefaults(scope));
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

function newAccess(): AccessService {
  return new AccessService(() => Promise.resolve([CODE_BY_MAIL]));
}

function request(actor: Actor): RequestContext {
  return {
    actor,
    grants: {},
    requestId: newId(),
    address: '127.0.0.1',
    userAgent: null,
    now: NOW,
    setSessionCookie: () => undefined,
  };
}

function person(roles: readonly Role[], methods: readonly AuthenticationMethod[]): Actor {
  const evidence = methods.map((method) => ({
    method,
    provider: null,
    credential: method,
    at: NOW,
  }));
  return {
    kind: 'user',
    userId: newId(),
    username: 'alva',
    roles,
    groups: [],
    sessionId: newId(),
    sessionExpiresAt: NOW,
    evidence,
  };
}

function change<T>(actor: Actor, what: (scope: ChangeScope) => Promise<T>): Promise<T> {
  return work.change(request(actor), what);
}

async function outcome(access: AccessService, actor: Actor, resource: string): Promise<string> {
  return (await access.decide(work.read(request(actor)), resource)).outcome;
}

const listed = () => rules.list(work.read(request(SYSTEM)));
const closed = { name: 'Closed', effect: 'DENY' as const, resources: ['/mobile-id'], require: [] };

async function adminRuleId(): Promise<string> {
  const found = (await listed()).find(({ resources }) => resources.includes('/admin'));
  return found?.id ?? 'missing';
}

describe('the default rules', () => {
  test('are written once, however many servers start at the same time', async () => {
    await Promise.all([1, 2, 3].map(() => change(SYSTEM, (scope) => rules.seedDefaults(scope))));
    const found = await listed();
    expect(found).toEqual(DEFAULT_RULES.map((rule): unknown => expect.objectContaining(rule)));
  });

  test('do not come back once an administrator has taken one away', async () => {
    const [first] = await listed();
    await change(ADMIN, (scope) => rules.delete(scope, first?.id ?? ''));
    await change(SYSTEM, (scope) => rules.seedDefaults(scope));
    expect(await listed()).toHaveLength(DEFAULT_RULES.length - 1);
  });
});

describe('a change of the rules', () => {
  test('holds at once on every instance', async () => {
    expect(await outcome(here, USER, '/mobile-id')).toBe('ALLOWED');
    expect(await outcome(elsewhere, USER, '/mobile-id')).toBe('ALLOWED');
    const rule = await change(ADMIN, (scope) => rules.create(scope, closed));
    expect(await outcome(here, USER, '/mobile-id')).toBe('FORBIDDEN');
    expect(await outcome(elsewhere, USER, '/mobile-id')).toBe('FORBIDDEN');
    await change(ADMIN, (scope) => rules.update(scope, rule.id, { enabled: false }));
    expect(await outcome(elsewhere, USER, '/mobile-id')).toBe('ALLOWED');
    await change(ADMIN, (scope) => rules.update(scope, rule.id, { enabled: true }));
    await change(ADMIN, (scope) => rules.delete(scope, rule.id));
    expect(await outcome(elsewhere, USER, '/mobile-id')).toBe('ALLOWED');
  });

  test('that is rolled back leaves nothing behind, not even in memory', async () => {
    const failed = change(ADMIN, async (scope) => {
      await rules.create(scope, closed);
      const seen = await here.decide({ ...scope, actor: USER }, '/mobile-id');
      throw new Error(seen.outcome);
    });
    await expect(failed).rejects.toThrow('FORBIDDEN');
    expect(await outcome(here, USER, '/mobile-id')).toBe('ALLOWED');
    await change(ADMIN, (scope) => rules.create(scope, { ...closed, resources: ['/operator'] }));
    expect(await outcome(here, USER, '/mobile-id')).toBe('ALLOWED');
  });

  test('stands in the audit log of the same transaction', async () => {
    const rule = await change(ADMIN, (scope) => rules.create(scope, closed));
    await change(ADMIN, (scope) => rules.update(scope, rule.id, { name: 'Shut' }));
    await change(ADMIN, (scope) => rules.delete(scope, rule.id));
    const target = `access-rule:${rule.id}`;
    const page = await audit.list(
      work.read(request(ADMIN)),
      { first: 10, after: undefined },
      { target },
    );
    expect(page.nodes).toMatchObject(
      [
        ['access-rule.delete', 'Shut'],
        ['access-rule.update', 'Shut'],
        ['access-rule.create', 'Closed'],
      ].map(([action, detail]) => ({
        actor: 'user:alva',
        action,
        detail,
        target,
        outcome: 'SUCCESS',
        address: '127.0.0.1',
      })),
    );
  });

  test('is kept as it was given', async () => {
    const given = {
      name: 'Office',
      description: 'Only from the office',
      enabled: false,
      effect: 'ALLOW' as const,
      resources: ['/mobile-id/get', '/operator'],
      when: {
        callers: ['USER' as const],
        roles: ['OPERATOR' as const],
        groups: ['staff'],
        notGroups: ['guests'],
        networks: ['10.0.0.0/8', '2001:db8::/32'],
        windows: [
          { days: ['MONDAY' as const], from: '08:00', to: '17:00', timeZone: 'Europe/Zurich' },
        ],
        scopes: [],
      },
      require: [{ anyOf: [{ method: 'SAML' as const, provider: 'staff', maxAgeSeconds: 60 }] }],
    };
    const rule = await change(ADMIN, (scope) => rules.create(scope, given));
    expect(rule).toMatchObject(given);
    expect((await listed()).at(-1)).toEqual(rule);
  });

  test.each(['00000000-0000-4000-8000-000000000000', 'nonsense', ''])(
    'of a rule %j that is not there is NOT_FOUND',
    async (id) => {
      const missing = { code: 'NOT_FOUND' };
      await expect(change(ADMIN, (s) => rules.update(s, id, {}))).rejects.toMatchObject(missing);
      await expect(change(ADMIN, (s) => rules.delete(s, id))).rejects.toMatchObject(missing);
    },
  );

  test('with bad input changes nothing', async () => {
    const before = await listed();
    const [first] = before;
    const when = { networks: ['10.0.0.0/8', 'nonsense'] };
    for (const bad of [
      change(ADMIN, (scope) => rules.create(scope, { ...closed, when })),
      change(ADMIN, (scope) => rules.update(scope, first?.id ?? '', { when })),
    ]) {
      await expect(bad).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        facts: { fields: [{ field: 'input.when.networks.1' }] },
      });
    }
    expect(await listed()).toEqual(before);
  });
});

describe('a change after which no administrator could get in', () => {
  test.each<[string, (scope: ChangeScope, id: string) => Promise<unknown>]>([
    ['to delete their rule', (scope, id) => rules.delete(scope, id)],
    ['to disable their rule', (scope, id) => rules.update(scope, id, { enabled: false })],
    [
      'to ask for a method that they lack',
      (scope, id) => rules.update(scope, id, { require: [{ anyOf: [{ method: 'PASSKEY' }] }] }),
    ],
    [
      'to ask for another network than theirs',
      (scope, id) => rules.update(scope, id, { when: { networks: ['10.0.0.0/8'] } }),
    ],
    ['to deny them everything', (scope) => rules.create(scope, { ...closed, resources: ['/'] })],
    [
      'to deny them to sign in',
      (scope) => rules.create(scope, { ...closed, resources: ['/sign-in'] }),
    ],
  ])('%s is refused and undone', async (_, doIt) => {
    const before = await listed();
    const id = await adminRuleId();
    await expect(change(ADMIN, (scope) => doIt(scope, id))).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await listed()).toEqual(before);
    expect(await outcome(here, ADMIN, '/admin/access-rules')).toBe('ALLOWED');
  });

  test('is refused even where two changes at once would each be harmless', async () => {
    const spare = await change(ADMIN, (scope) =>
      rules.create(scope, { name: 'Spare', effect: 'ALLOW', resources: ['/admin'], require: [] }),
    );
    const id = await adminRuleId();
    const both = await Promise.allSettled([
      change(ADMIN, (scope) => rules.delete(scope, id)),
      change(ADMIN, (scope) => rules.delete(scope, spare.id)),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await listed()).filter(({ resources }) => resources.includes('/admin'))).toHaveLength(
      1,
    );
  });
});

describe('require', () => {
  const refusal = (actor: Actor, resource: string): Promise<void> =>
    here.require(work.read(request(actor)), resource);

  /** Asked for, and not set up for this viewer. */
  const missing = (...methods: AuthenticationMethod[]): object[] =>
    methods.map((method) => ({
      method,
      provider: null,
      maxAgeSeconds: 600,
      reason: 'ABSENT',
      lastAt: null,
      option: null,
    }));

  test('lets pass who may', async () => {
    await expect(refusal(USER, '/mobile-id')).resolves.toBeUndefined();
    await expect(refusal(SYSTEM, '/admin')).resolves.toBeUndefined();
  });

  test('tells nobody without a session anything of the rules', async () => {
    await expect(refusal(NOBODY, '/mobile-id')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      facts: {},
    });
  });

  test('tells a session what is missing, and how its user can give it', async () => {
    await expect(refusal(USER, '/mobile-id/get')).rejects.toMatchObject({
      code: 'INSUFFICIENT_USER_AUTHENTICATION',
      facts: {
        resource: '/mobile-id/get',
        missing: [
          {
            anyOf: [
              ...missing('SAML', 'PASSKEY'),
              {
                method: 'EMAIL_CODE',
                provider: null,
                maxAgeSeconds: 600,
                reason: 'ABSENT',
                lastAt: null,
                option: CODE_BY_MAIL,
              },
              ...missing('SMS_CODE', 'TOTP'),
            ],
          },
        ],
      },
    });
  });

  test('forbids what nothing could open', async () => {
    await expect(refusal(USER, '/operator')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      facts: {},
    });
  });

  test('knows paths from other text', async () => {
    await expect(refusal(USER, 'mobile-id')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      facts: { fields: [{ field: 'resource' }] },
    });
  });
});

describe('the audit log', () => {
  test.each([
    'UPDATE audit_entry SET actor = actor',
    'DELETE FROM audit_entry',
    'DELETE FROM audit_entry WHERE false',
    'TRUNCATE audit_entry',
  ])('refuses %s', async (statement) => {
    await expect(source.query(statement)).rejects.toThrow('append-only');
  });

  test('keeps a refusal', async () => {
    const context = request(NOBODY);
    await audit.recordRefusal(work.read(context), {
      operation: 'createUser',
      code: 'UNAUTHENTICATED',
      target: 'resource:/operator/users',
    });
    const page = await audit.list(work.read(context), { first: 1, after: undefined });
    expect(page.nodes).toMatchObject([
      {
        actor: 'anonymous',
        actorId: null,
        action: 'createUser',
        target: 'resource:/operator/users',
        outcome: 'REFUSED',
        detail: 'UNAUTHENTICATED',
        requestId: context.requestId,
      },
    ]);
  });

  test('is read newest first, page by page, each entry once', async () => {
    const scope = work.read(request({ kind: 'system', name: 'pages' }));
    for (const action of ['one', 'two', 'three', 'four', 'five']) {
      await audit.record(scope, { action });
    }
    const filter = { actor: 'system:pages' };
    const seen: string[] = [];
    let after: { at: string; id: string } | undefined;
    for (let pages = 0; pages < 3; pages += 1) {
      const page = await audit.list(scope, { first: 2, after }, filter);
      seen.push(...page.nodes.map(({ action }) => action));
      expect(page.pageInfo.hasNextPage).toBe(pages < 2);
      after = { at: '0', id: page.nodes.at(-1)?.id ?? '' };
    }
    expect(seen).toEqual(['five', 'four', 'three', 'two', 'one']);
  });

  test.each([
    { at: '1700000000000000', id: '5' },
    { at: '0', id: 'ab-cd' },
  ])('refuses the cursor %j of another list', async (after) => {
    await expect(audit.list(work.read(request(ADMIN)), { first: 2, after })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      facts: { fields: [{ field: 'after' }] },
    });
  });
});
