import { buildSchema, type DocumentNode } from 'graphql';
import { DocumentCache, Documents } from '../../../src/edge/graphql/documents';

const documents = (): Documents => new Documents(buildSchema('type Query { a: Int b: Int }'), true);

const sized = (end: number): DocumentNode => ({ loc: { end } }) as unknown as DocumentNode;

test('the same source is the same document, and Apollo finds it under its own key', async () => {
  const { cache } = documents();
  const all = documents();
  const document = all.read('{ a }');
  expect(all.read('{ a }')).toBe(document);
  expect(all.read('{ b }')).not.toBe(document);
  await cache.set('prefix:abc', sized(10));
  expect(cache.find('abc')).toBe(await cache.get('other:abc'));
  expect(await cache.delete('abc')).toBe(true);
  expect(await cache.get('abc')).toBeUndefined();
});

test('a document that is not valid is not kept', () => {
  const all = documents();
  expect(all.read('{ c }')).toHaveLength(1);
  expect(all.read('{ c }')).toHaveLength(1);
  expect(all.read('{')).toHaveLength(1);
});

test('the cache is bounded in number, and what is used stays', () => {
  const cache = new DocumentCache();
  for (let i = 0; i < 500; i += 1) cache.keep(String(i), sized(1));
  expect(cache.find('0')).toBeDefined();
  cache.keep('one more', sized(1));
  expect(cache.find('0')).toBeDefined();
  expect(cache.find('1')).toBeUndefined();
});

test('the cache is bounded in size', () => {
  const cache = new DocumentCache();
  cache.keep('a', sized(300_000));
  cache.keep('b', sized(300_000));
  expect(cache.find('a')).toBeUndefined();
  expect(cache.find('b')).toBeDefined();
});
