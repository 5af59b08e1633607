import { Deadlines } from '../../../src/edge/graphql/sockets/deadlines';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function deadlines(): { due: string[]; deadlines: Deadlines<string> } {
  const due: string[] = [];
  return { due, deadlines: new Deadlines<string>((items) => due.push(...items)) };
}

test('each thing falls due at its time, with one timer for all', () => {
  const { due, deadlines: all } = deadlines();
  all.set('late', 60_000);
  all.set('early', 1000);
  all.set('middle', 30_000);
  expect(jest.getTimerCount()).toBe(1);
  jest.advanceTimersByTime(999);
  expect(due).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(due).toEqual(['early']);
  jest.advanceTimersByTime(59_000);
  expect(due).toEqual(['early', 'middle', 'late']);
  expect(jest.getTimerCount()).toBe(0);
});

test('a deadline may be moved or taken back', () => {
  const { due, deadlines: all } = deadlines();
  all.set('moved', 1000);
  all.set('moved', 5000);
  all.set('gone', 1000);
  all.delete('gone');
  jest.advanceTimersByTime(4999);
  expect(due).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(due).toEqual(['moved']);
});

test('a deadline beyond the longest timer of Node is kept', () => {
  const { due, deadlines: all } = deadlines();
  const days40 = 40 * 86_400_000;
  all.set('far', days40);
  jest.advanceTimersByTime(days40 - 1);
  expect(due).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(due).toEqual(['far']);
});

test('what is due already is not judged in a tight loop', () => {
  const { due, deadlines: all } = deadlines();
  all.set('past', -5000);
  jest.advanceTimersByTime(249);
  expect(due).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(due).toEqual(['past']);
});
