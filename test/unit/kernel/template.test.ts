import {
  expandTemplate,
  placeholderProblem,
  strictPlaceholderProblem,
  unknownPlaceholders,
} from '../../../src/kernel/template.js';

test('a placeholder without a value stays as it is', () => {
  expect(expandTemplate('{a} {b} {toString}', { a: '1' })).toBe('1 {b} {toString}');
});

test.each([
  ['Hello {displayName}, {link}', []],
  ['{name} and {name} and {link}', ['name']],
  ['{}', ['']],
  ['{ link }', [' link ']],
  ['{__proto__} {constructor}', ['__proto__', 'constructor']],
  ['a { lonely brace }{', [' lonely brace ']],
  ['no placeholder, 1 } 2 {', []],
])('%j has the unknown placeholders %j', (text, unknown) => {
  expect(unknownPlaceholders(text, ['displayName', 'link'])).toEqual(unknown);
});

test('who writes an unknown placeholder is told the known ones', () => {
  expect(placeholderProblem('{a}{c}', ['a', 'b'])).toBe('Its placeholders can be {a}, {b}.');
  expect(placeholderProblem('{a} }{', ['a', 'b'])).toBeUndefined();
});

test.each(['{a} {', '}', '{{a}}', '{c}'])('%j is refused where no other brace may be', (text) => {
  expect(strictPlaceholderProblem(text, ['a'])).toBe('Its placeholders can be {a}.');
  expect(strictPlaceholderProblem('{a}', ['a'])).toBeUndefined();
});
