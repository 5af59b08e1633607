import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { printSchemaForFile } from '../../../src/edge/graphql/schema-file';
import {
  assertEveryRootFieldHasResource,
  undescribed,
} from '../../../src/edge/graphql/schema-rules';
import { TestService, testSchema } from '../../helpers/edge/edge-schema';

test('the server refuses to start with a root field that names no resource', async () => {
  const schema = await testSchema(new TestService());
  expect(() => {
    assertEveryRootFieldHasResource(schema);
  }).not.toThrow();
  const [hello, signIn] = [
    schema.getQueryType()?.getFields()['hello'],
    schema.getMutationType()?.getFields()['signIn'],
  ];
  for (const field of [hello, signIn]) if (field !== undefined) field.extensions = {};
  expect(() => {
    assertEveryRootFieldHasResource(schema);
  }).toThrow('These root fields name no resource: Query.hello, Mutation.signIn.');
});

test('types, fields and input fields need a description; arguments and enum values may go without', () => {
  const schema = buildSchema(`
    "Root." type Query { "Described." a(x: In, e: E): T b: Int }
    type T { "Described." c: Int d: Int }
    "Input." input In { "  " f: Int }
    "Enum." enum E { ONE }
    scalar S
  `);
  expect(undescribed(schema)).toEqual(['In.f', 'Query.b', 'S', 'T', 'T.d']);
});

test('the printed schema is sorted, carries each resource, and calls instants DateTime', async () => {
  const text = printSchemaForFile(await testSchema(new TestService()));
  expect(text).toContain('directive @resource(');
  expect(text).toContain('me: Person! @resource(path: "/mobile-id")');
  expect(text).toContain('notes: String! @resource(path: "/operator/users")');
  expect(text).toContain('at: DateTime');
  expect(text).not.toContain('DateTimeISO');
  expect(text.indexOf('type Mutation')).toBeLessThan(text.indexOf('type Query'));
});

test('no validation message of an input type repeats the refused value', () => {
  const sources = readdirSync('src/features', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.types.ts'))
    .map((file) => readFileSync(join('src/features', file), 'utf8'));
  expect(sources.length).toBeGreaterThan(0);
  for (const source of sources) expect(source).not.toContain('$value');
});
