import { LIMITS } from '../../../src/edge/graphql/limits';
import { sectionOf, tableIn } from './documents';

test('the integrator’s guide tells each limit of an operation, and how much is allowed', () => {
  const told = tableIn(sectionOf('docs/integrating.md', 'Limits')).map(
    ([name = '', maximum = '']) => [name.replaceAll('`', ''), Number(maximum.replaceAll(',', ''))],
  );
  expect(Object.fromEntries(told)).toEqual(LIMITS);
});
