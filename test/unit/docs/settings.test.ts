import { readEnvironment } from '../../../src/environment';
import { knownSettings, sectionOf, tableIn, textOf } from './documents';

const sorted = (names: readonly string[]): string[] => [...names].sort();

test('the configuration is read from variables that can be listed', () => {
  expect(knownSettings()).toEqual(expect.arrayContaining(['PORT', 'MASTER_KEY', 'LOG_FILE']));
});

test('the README has a row for each setting of the server, and no other', () => {
  const rows = tableIn(sectionOf('README.md', 'Settings'));
  const told = rows.flatMap(([names = '']) =>
    [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name ?? ''),
  );
  expect(sorted(told)).toEqual(sorted(knownSettings()));
});

test('each setting is explained to operators', () => {
  const text = textOf('docs/operating.md');
  expect(knownSettings().filter((name) => !new RegExp(`\`${name}[\`=]`).test(text))).toEqual([]);
});

test('each value that operators are shown is one that its setting takes', () => {
  const shown = [...textOf('docs/operating.md').matchAll(/`([A-Z_]+)=([^`]+)`/g)].filter(
    ([, name = '']) => knownSettings().includes(name),
  );
  expect(shown.length).toBeGreaterThan(5);
  for (const [, name = '', value] of shown) {
    expect(() => readEnvironment({ [name]: value })).not.toThrow();
  }
});

test('the example environment names settings of the server only, and keeps no secret', () => {
  const lines = textOf('.env.example')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const known = new Set([...knownSettings(), 'POSTGRES_PASSWORD', 'SERVER_PASSWORD']);
  expect(lines.filter((line) => !known.has(line.replace(/=$/, '')))).toEqual([]);
});
