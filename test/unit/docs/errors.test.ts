import { PROBLEMS } from '../../../src/kernel/errors';
import { sectionOf, tableIn } from './documents';

test('the integrator’s guide tells every problem with its status and title, in the order of the table', () => {
  const told = tableIn(sectionOf('docs/integrating.md', 'Errors'))
    .filter(([code]) => /^`[A-Z_]+`$/.test(code ?? ''))
    .map(([code = '', status, title]) => [code.slice(1, -1), Number(status), title]);
  const known = Object.entries(PROBLEMS).map(([code, { status, title }]) => [code, status, title]);
  expect(told).toEqual(known);
});
