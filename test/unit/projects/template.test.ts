import { expandTemplate } from '../../../src/kernel/template.js';

test('a placeholder without a value stays as it is', () => {
  expect(expandTemplate('{a} {b} {toString}', { a: '1' })).toBe('1 {b} {toString}');
});
