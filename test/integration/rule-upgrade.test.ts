import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_RULES } from '../../src/features/access/rules/default-rules';
import { EARLIER_DEFAULTS } from '../../src/features/access/rules/earlier-defaults';
import { draftOf, type RuleDraft } from '../../src/features/access/judge/rule';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { startTestServer } from '../helpers/server';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await asReleased(1);
});
afterEach(() => database.drop());

const FIRST_DEFAULTS = defaultsOf(1);

function defaultsOf(generation: number): readonly RuleDraft[] {
  const drafts = EARLIER_DEFAULTS[generation];
  if (drafts === undefined) throw new Error(`There was no generation ${String(generation)}.`);
  return drafts;
}

/** The database as a release with such default rules has left it, with this release's tables. */
async function asReleased(generation: number): Promise<void> {
  const { query } = database;
  await query('DELETE FROM access_rule');
  await query('ALTER TABLE access_rule_version DISABLE TRIGGER ALL');
  await query('DELETE FROM access_rule_version');
  await query('ALTER TABLE access_rule_version ENABLE TRIGGER ALL');
  await query('UPDATE access_policy SET defaults = $1', [generation]);
  for (const [i, draft] of defaultsOf(generation).entries()) await write(draft, i + 1);
  await query(`INSERT INTO access_rule_version (rule_id, version, at, actor, change, rule)
    SELECT id, 1, updated_at, 'system:upgrade', 'CREATED', jsonb_build_object('name', name, 'description', description,
      'enabled', enabled, 'effect', effect, 'resources', to_jsonb(resources), 'when', conditions, 'require', requirement)
    FROM access_rule`);
}

async function write(draft: RuleDraft, position: number): Promise<void> {
  const { name, description, enabled, effect, resources, when, require } = draft;
  await database.query(
    `INSERT INTO access_rule (id, position, name, description, enabled, effect, resources, conditions, requirement, updated_at)
     VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, '2026-01-01T00:00:00Z')`,
    [
      position,
      name,
      description,
      enabled,
      effect,
      resources,
      JSON.stringify(when),
      JSON.stringify(require),
    ],
  );
}

/** Starts a server, has it tell its rules, and ends it. */
async function rulesAfterStart(): Promise<RuleDraft[]> {
  const server = await startTestServer({ database });
  try {
    const { work, rules } = server.app.services;
    const listed = await rules.list(work.read(await work.systemRequest('test', 'test')));
    return listed.map(draftOf);
  } finally {
    await server.stop();
  }
}

function versions(): Promise<{ name: string; version: number; change: string; actor: string }[]> {
  return database.query(`SELECT rule ->> 'name' AS name, version, change, actor
    FROM access_rule_version WHERE actor <> 'system:upgrade' ORDER BY at, name`);
}

function changesInLog(): Promise<{ action: string; detail: string }[]> {
  return database.query(
    `SELECT action, detail FROM audit_entry WHERE action LIKE 'access-rule.%' AND at > now() - interval '1 minute'
     AND actor = 'system:first-start' AND id > (SELECT coalesce(max(id), 0) FROM audit_entry WHERE action = 'mark') ORDER BY id`,
  );
}
async function mark(): Promise<void> {
  await database.query(
    `INSERT INTO audit_entry (at, actor, action, outcome) VALUES (now(), 'test', 'mark', 'SUCCESS')`,
  );
}

const sorted = (rules: readonly RuleDraft[]): RuleDraft[] =>
  [...rules].sort((a, b) => (a.name < b.name ? -1 : 1));

test.each(Object.keys(EARLIER_DEFAULTS).map(Number))(
  'default rules of generation %i that nobody has touched are brought up, and those that are new are added',
  async (generation) => {
    await asReleased(generation);
    await mark();
    expect(sorted(await rulesAfterStart())).toEqual(sorted(DEFAULT_RULES));
    const earlier = defaultsOf(generation);
    const changed = earlier
      .filter((rule) => !DEFAULT_RULES.some((one) => isDeepStrictEqual(one, rule)))
      .map(({ name }) => name);
    const names = new Set(earlier.map(({ name }) => name));
    const added = DEFAULT_RULES.map(({ name }) => name).filter((name) => !names.has(name));
    expect(added.length).toBeGreaterThan(0);
    expect(await changesInLog()).toEqual([
      ...changed.map((detail) => ({ action: 'access-rule.update', detail })),
      ...added.map((detail) => ({ action: 'access-rule.create', detail })),
    ]);
    const written = await versions();
    const by = { actor: 'system:first-start' };
    expect(written).toHaveLength(changed.length + added.length);
    expect(written).toEqual(
      expect.arrayContaining([
        ...changed.map((name) => ({ name, version: 2, change: 'UPDATED', ...by })),
        ...added.map((name) => ({ name, version: 1, change: 'CREATED', ...by })),
      ]),
    );
  },
);

test('who comes from generation 3 gets the rules for members and for assigned IDs', async () => {
  await asReleased(3);
  await rulesAfterStart();
  const written = await versions();
  expect(written.map(({ name, change }) => `${change} ${name}`).sort()).toEqual([
    'CREATED API clients change members',
    'CREATED API clients confirm assigned IDs',
    'CREATED API clients read assigned IDs',
  ]);
});

test('a rule for revoking is not added where an administrator has already written one', async () => {
  await asReleased(2);
  const [first] = defaultsOf(2);
  if (first === undefined) throw new Error('There are default rules.');
  await write({ ...first, name: 'Mine', resources: ['/mobile-id/revoke'] }, 20);
  const names = (await rulesAfterStart()).map(({ name }) => name);
  expect(names).not.toContain('Revoking a mobile ID');
});

test.each([
  ['renamed', `name = 'Mine'`],
  ['switched off', 'enabled = false'],
  ['described otherwise', `description = 'Mine'`],
  ['asking for something else', `requirement = '[]'`],
  ['for others', `conditions = jsonb_set(conditions, '{groups}', '["staff"]')`],
  ['about more', `resources = resources || '{/admin}'`],
])('a default rule that was %s stays as it is', async (_, change) => {
  const [touched] = await database.query<{ id: string }>(
    `UPDATE access_rule SET ${change} WHERE name = 'Operators' RETURNING id`,
  );
  const rule = () => database.query('SELECT * FROM access_rule WHERE id = $1', [touched?.id]);
  const before = await rule();
  const after = await rulesAfterStart();
  expect(await rule()).toEqual(before);
  expect(after).toHaveLength(DEFAULT_RULES.length);
  const others = (rules: readonly RuleDraft[]): RuleDraft[] =>
    rules.filter(({ name }) => name === 'Administrators');
  expect(others(after)).toEqual(others(DEFAULT_RULES));
});

test('a default rule that was taken away stays away', async () => {
  await database.query(`DELETE FROM access_rule WHERE name = 'Operators'`);
  const names = (await rulesAfterStart()).map(({ name }) => name);
  expect(names).not.toContain('Operators');
  expect(names).toHaveLength(DEFAULT_RULES.length - 1);
});

test('no rule is added where an administrator has already let such callers in', async () => {
  const [first] = FIRST_DEFAULTS;
  if (first === undefined) throw new Error('There are default rules.');
  await write({ ...first, name: 'Mine', resources: ['/account'], require: [] }, 10);
  const names = (await rulesAfterStart()).map(({ name }) => name);
  expect(names).not.toContain('Users and their accounts');
  expect(names).toContain('Setting up methods');
});

test('it happens once: what an administrator does afterwards stays', async () => {
  await rulesAfterStart();
  await database.query(`DELETE FROM access_rule WHERE name = 'Setting up methods'`);
  const count = (await versions()).length;
  expect(await rulesAfterStart()).toHaveLength(DEFAULT_RULES.length - 1);
  expect(await versions()).toHaveLength(count);
});

test('it happens once where two servers start at the same time', async () => {
  const [one, two] = await Promise.all([rulesAfterStart(), rulesAfterStart()]);
  expect(sorted(one)).toEqual(sorted(DEFAULT_RULES));
  expect(sorted(two)).toEqual(sorted(DEFAULT_RULES));
  expect(await versions()).toHaveLength(DEFAULT_RULES.length);
});
