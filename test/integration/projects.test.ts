import type { DataSource } from 'typeorm';
import { AuditEntryEntity } from '../../src/features/audit/audit-entry.entity.js';
import { AuditService } from '../../src/features/audit/audit.service.js';
import { ProjectEntity } from '../../src/features/projects/project.entity.js';
import {
  ProjectService,
  type Project,
  type SettingsInput,
} from '../../src/features/projects/project.service.js';
import { DEFAULT_SETTINGS } from '../../src/features/projects/settings/settings.js';
import type { RequestContext } from '../../src/kernel/actor.js';
import { newId } from '../../src/kernel/ids.js';
import { createDataSource } from '../../src/platform/database/database.js';
import { EventHandlers } from '../../src/platform/event-handlers.js';
import { UnitOfWork, type ChangeScope, type Scope } from '../../src/platform/scope.js';
import { createTestDatabase } from '../helpers/database.js';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let source: DataSource;
let work: UnitOfWork;
const projects = new ProjectService(new AuditService(), () => Promise.resolve(false));

const request: RequestContext = {
  actor: { kind: 'system', name: 'test' },
  grants: {},
  requestId: 'test',
  address: '127.0.0.1',
  userAgent: null,
  now: new Date(),
  setSessionCookie: () => undefined,
};

beforeAll(async () => {
  database = await createTestDatabase();
  const schema = { entities: [ProjectEntity, AuditEntryEntity], migrations: [] };
  source = await createDataSource(database.connection, schema).initialize();
  work = new UnitOfWork(source, new EventHandlers<ChangeScope>());
});

beforeEach(async () => {
  await source.query('DELETE FROM project');
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

function change<T>(what: (scope: ChangeScope) => Promise<T>): Promise<T> {
  return work.change(request, what);
}

function read<T>(what: (scope: Scope) => Promise<T>): Promise<T> {
  return what(work.read(request));
}

function add(name: string, settings?: SettingsInput): Promise<Project> {
  return change((scope) =>
    projects.create(scope, settings === undefined ? { name } : { name, settings }),
  );
}

async function auditOf(project: Project): Promise<{ action: string; detail: string }[]> {
  return source.query('SELECT action, detail FROM audit_entry WHERE target = $1 ORDER BY id', [
    `project:${project.id}`,
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

describe('a new project', () => {
  test('is managed, with the default settings, and in the audit log', async () => {
    const project = await add('Payments');
    expect(project).toMatchObject({
      name: 'Payments',
      mode: 'MANAGED',
      settings: DEFAULT_SETTINGS,
    });
    await expect(read((scope) => projects.get(scope, project.id))).resolves.toEqual(project);
    await expect(auditOf(project)).resolves.toEqual([
      { action: 'project.create', detail: 'Payments' },
    ]);
  });

  test('may say otherwise', async () => {
    const project = await add('Payments', { validityDays: 30, channels: ['EMAIL', 'SCREEN'] });
    expect(project.settings).toEqual({
      ...DEFAULT_SETTINGS,
      validityDays: 30,
      channels: ['EMAIL', 'SCREEN'],
    });
  });

  test('has a name of its own, in whatever letters', async () => {
    await add('Payments');
    await expect(rejection(add(' PAYMENTS '))).resolves.toMatchObject({
      code: 'CONFLICT',
      facts: { fields: [{ field: 'input.name' }] },
    });
  });

  test.each(['', '  ', 'x'.repeat(101), 'a\nb', 'a\0b', '\u202ea'])(
    'cannot be called %j',
    async (name) => {
      await expect(rejection(add(name))).resolves.toMatchObject({
        code: 'INVALID_INPUT',
        facts: { fields: [{ field: 'input.name' }] },
      });
    },
  );

  test('with settings that are refused is not made', async () => {
    await expect(rejection(add('Payments', { validityDays: 0 }))).resolves.toMatchObject({
      code: 'INVALID_INPUT',
      facts: { fields: [{ field: 'input.settings.validityDays' }] },
    });
    expect((await read((scope) => projects.list(scope, { first: 1 }))).totalCount).toBe(0);
  });
});

describe('the settings of a project', () => {
  const update = (id: string, input: SettingsInput): Promise<Project> =>
    change((scope) => projects.updateSettings(scope, id, input));

  test('change by name, and the audit log says which', async () => {
    const project = await add('Payments');
    const changed = await update(project.id, { validityDays: 10, serverName: 'Bank' });
    expect(changed.settings).toEqual({ ...DEFAULT_SETTINGS, validityDays: 10, serverName: 'Bank' });
    await expect(read((scope) => projects.get(scope, project.id))).resolves.toEqual(changed);
    expect((await auditOf(project)).at(-1)).toEqual({
      action: 'project.update-settings',
      detail: 'validityDays serverName',
    });
  });

  test('change both when two change them at the same time', async () => {
    const project = await add('Payments');
    await Promise.all([
      update(project.id, { validityDays: 10 }),
      update(project.id, { maxProfilesPerUser: 1 }),
    ]);
    const { settings } = await read((scope) => projects.get(scope, project.id));
    expect(settings).toMatchObject({ validityDays: 10, maxProfilesPerUser: 1 });
  });

  test('stay as they are when the change is refused', async () => {
    const project = await add('Payments');
    await rejection(update(project.id, { validityDays: 10, serverName: '' }));
    await rejection(update(project.id, { validityDays: 10, channels: ['SMS'] }));
    await expect(read((scope) => projects.get(scope, project.id))).resolves.toEqual(project);
  });

  test('that a project was stored without are those of the defaults', async () => {
    const project = await add('Payments');
    await source.query(`UPDATE project SET settings = settings - 'validityDays'`);
    await expect(read((scope) => projects.get(scope, project.id))).resolves.toEqual(project);
  });

  test.each(['', 'nonsense', '00000000-0000-0000-0000-000000000000'])(
    'of no project (%s) cannot be changed',
    async (id) => {
      await expect(rejection(update(id, {}))).resolves.toMatchObject({ code: 'NOT_FOUND' });
      await expect(read((scope) => projects.find(scope, id))).resolves.toBeUndefined();
    },
  );
});

describe('lists of projects', () => {
  test('go from page to page, newest first', async () => {
    for (const name of ['a', 'b', 'c']) await add(name);
    const one = await read((scope) => projects.list(scope, { first: 2 }));
    expect(one.nodes.map(({ name }) => name)).toEqual(['c', 'b']);
    expect(one).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
    const two = await read((scope) =>
      projects.list(scope, { first: 2, after: one.pageInfo.endCursor }),
    );
    expect(two.nodes.map(({ name }) => name)).toEqual(['a']);
    expect(two.pageInfo.hasNextPage).toBe(false);
  });

  test('refuse a cursor of another list', async () => {
    const after = Buffer.from('0/12').toString('base64url');
    await expect(
      rejection(read((scope) => projects.list(scope, { first: 1, after }))),
    ).resolves.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('offer to users those with self-service, by name', async () => {
    await add('Zebra');
    await add('apple');
    await add('Hidden', { selfService: false });
    const offered = await read((scope) => projects.offered(scope));
    expect(offered.map(({ name }) => name)).toEqual(['apple', 'Zebra']);
    expect(offered[0]?.settings).toEqual(DEFAULT_SETTINGS);
  });

  test('answer loaders in the order of their keys', async () => {
    const [a, b] = [await add('a', { serverName: 'Bank' }), await add('b')];
    const found = await read((scope) => projects.byIds(scope, [b.id, newId(), a.id]));
    expect(found.map((project) => project?.id)).toEqual([b.id, undefined, a.id]);
    await expect(read((scope) => projects.loadSummary(scope, a.id))).resolves.toEqual({
      ...{ id: a.id, name: 'a', serverName: 'Bank' },
    });
    await expect(read((scope) => projects.loadSummary(scope, newId()))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
