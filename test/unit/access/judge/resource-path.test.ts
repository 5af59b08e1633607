import { isResourcePath, levelsOf } from '../../../../src/features/access/judge/resource-path.js';

test.each([
  '/',
  '/mobile-id',
  '/mobile-id/get',
  '/operator/mobile-id/supply',
  `/${'a'.repeat(199)}`,
])('%s is a path', (path) => {
  expect(isResourcePath(path)).toBe(true);
});

test.each([
  '',
  'mobile-id',
  '/mobile-id/',
  '//',
  '/a//b',
  '/A',
  '/a b',
  '/../a',
  '/a/-b',
  '/a\n',
  '/%2e',
  `/${'a'.repeat(200)}`,
])('%j is no path', (path) => {
  expect(isResourcePath(path)).toBe(false);
});

test.each([
  ['/', ['/']],
  ['/a', ['/', '/a']],
  ['/a/b', ['/', '/a', '/a/b']],
  ['/sign-in', ['/sign-in']],
  ['/device/x', ['/device', '/device/x']],
])('the levels of %s are %j', (path, levels) => {
  expect(levelsOf(path)).toEqual(levels);
});
