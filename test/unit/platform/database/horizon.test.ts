import { Horizon } from '../../../../src/platform/database/horizon';
import type { Sql } from '../../../../src/platform/scope';

/** A database whose oldest transaction is `at`; `failures` answers are errors. */
class FakeDatabase {
  looks = 0;
  failures = 0;
  readonly asked: string[] = [];

  constructor(public at: string) {}

  readonly sql: Sql = (name) => {
    this.asked.push(name);
    if (name === 'horizon.look') this.looks += 1;
    if (this.failures > 0) {
      this.failures -= 1;
      return Promise.reject(new Error('away'));
    }
    const rows =
      name === 'horizon.look' ? [{ horizon: this.at }] : [{ pid: 7, application: 'dump' }];
    return Promise.resolve(rows as never);
  };
}

let database: FakeDatabase;
let lines: unknown[];
let horizon: Horizon;

beforeEach(() => {
  jest.useFakeTimers();
  database = new FakeDatabase('100');
  lines = [];
  const note = (...line: unknown[]): void => {
    lines.push(line.at(-1));
  };
  horizon = new Horizon(database.sql, { info: note, warn: note } as never);
});
afterEach(() => {
  jest.useRealTimers();
});

function waitFor(xid: string): { woken: number; cancel: () => void } {
  const waiting: { woken: number; cancel: () => void } = { woken: 0, cancel: () => undefined };
  waiting.cancel = horizon.onceBeyond(xid, () => {
    waiting.woken += 1;
  });
  return waiting;
}

test('wakes once the transaction and all before it are over, and once only', async () => {
  const waiting = waitFor('100');
  await jest.advanceTimersByTimeAsync(2000);
  expect(waiting.woken).toBe(0);
  database.at = '101';
  await jest.advanceTimersByTimeAsync(1000);
  expect(waiting.woken).toBe(1);
  await jest.advanceTimersByTimeAsync(1000);
  expect(waiting.woken).toBe(1);
});

test('asks one question for all who wait, ever more seldom', async () => {
  const all = Array.from({ length: 1000 }, () => waitFor('200'));
  await jest.advanceTimersByTimeAsync(10_000);
  expect(database.looks).toBeGreaterThan(15);
  expect(database.looks).toBeLessThan(30);
  database.at = '300';
  await jest.advanceTimersByTimeAsync(500);
  expect(all.every(({ woken }) => woken === 1)).toBe(true);
});

test('asks nothing where nobody waits', async () => {
  const waiting = waitFor('100');
  waiting.cancel();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(database.looks).toBe(0);
  expect(jest.getTimerCount()).toBe(0);
  const again = waitFor('99');
  await jest.advanceTimersByTimeAsync(20);
  expect(again.woken).toBe(1);
  expect(jest.getTimerCount()).toBe(0);
});

test('goes on where the database does not answer', async () => {
  database.failures = 3;
  const waiting = waitFor('99');
  await jest.advanceTimersByTimeAsync(1000);
  expect(waiting.woken).toBe(1);
});

test('says once who holds it back for long, and once that it is over', async () => {
  waitFor('100');
  await jest.advanceTimersByTimeAsync(60_000);
  expect(lines).toEqual(['events of projects wait for a transaction that has long been under way']);
  expect(database.asked.filter((name) => name === 'horizon.holders')).toHaveLength(1);
  database.at = '101';
  await jest.advanceTimersByTimeAsync(1000);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toBe('events of projects are no longer held back');
});

test('numbers beyond 2^53 are told apart', async () => {
  database.at = '9007199254740993';
  const [over, notYet] = [waitFor('9007199254740992'), waitFor('9007199254740993')];
  await jest.advanceTimersByTimeAsync(1000);
  expect([over.woken, notYet.woken]).toEqual([1, 0]);
});
