import fc from 'fast-check';
import {
  HIGHEST_ID,
  highestOf,
  inOrder,
  nextNumber,
  valueOf,
  type BlockedRange,
  type IdPolicy,
} from '../../../src/features/projects/self-registration/id-policy.js';

const RUNS = { numRuns: 1000 };
const TOP = 60;
const number = fc.integer({ min: 0, max: TOP });
const ranges = fc.array(
  fc.tuple(number, number).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
  { maxLength: 8 },
);

/** Looks at each number there is, one after the other. */
function naiveNext(
  { firstId, ceiling, blockedRanges }: IdPolicy,
  lastId: number | null,
): number | null {
  for (let candidate = 0; candidate <= (ceiling ?? TOP * 2); candidate += 1) {
    const isBlocked = blockedRanges.some(({ from, to }) => from <= candidate && candidate <= to);
    if (candidate >= firstId && candidate > (lastId ?? -1) && !isBlocked) return candidate;
  }
  return null;
}

function isIn(all: readonly BlockedRange[], one: number): boolean {
  return all.some(({ from, to }) => from <= one && one <= to);
}

test('the next number is the one that counting by hand would find', () => {
  const policy = fc.record({
    firstId: number,
    ceiling: fc.option(number),
    blockedRanges: ranges.map(inOrder),
  });
  fc.assert(
    fc.property(policy, fc.option(number), (drawn, last) => {
      // What was assigned was never below the first.
      const lastId = last === null ? null : Math.max(last, drawn.firstId);
      expect(nextNumber(drawn, lastId)).toBe(naiveNext(drawn, lastId));
    }),
    RUNS,
  );
});

test('a whole range is assigned upwards, each number once, and none of those blocked', () => {
  fc.assert(
    fc.property(number, number, ranges, (firstId, ceiling, blocked) => {
      const policy = { firstId, ceiling, blockedRanges: inOrder(blocked) };
      const assigned: number[] = [];
      for (let next = nextNumber(policy, null); next !== null; next = nextNumber(policy, next)) {
        assigned.push(next);
      }
      const free = Array.from({ length: ceiling + 1 }, (_, i) => i).filter(
        (one) => one >= firstId && !isIn(blocked, one),
      );
      expect(assigned).toEqual(free);
    }),
    RUNS,
  );
});

test('ranges put in order hold the same numbers, and none touches the next', () => {
  fc.assert(
    fc.property(ranges, (drawn) => {
      const ordered = inOrder(drawn);
      const all = Array.from({ length: TOP + 1 }, (_, one) => one);
      expect(all.filter((one) => isIn(ordered, one))).toEqual(
        all.filter((one) => isIn(drawn, one)),
      );
      const touching = ordered.filter(({ from }, i) => from <= (ordered[i - 1]?.to ?? -2) + 1);
      expect(touching).toEqual([]);
    }),
    RUNS,
  );
});

test('different numbers are written differently, and none shorter than the width', () => {
  const safe = fc.integer({ min: 0, max: HIGHEST_ID });
  fc.assert(
    fc.property(safe, safe, fc.integer({ min: 0, max: 15 }), (a, b, idWidth) => {
      const [one, other] = [a, b].map((each) => valueOf({ idPrefix: 'V.', idWidth }, each));
      expect(one === other).toBe(a === b);
      expect(one?.length).toBeGreaterThanOrEqual(idWidth + 2);
      expect(Number(one?.slice(2))).toBe(a);
    }),
    RUNS,
  );
});

test('behind the highest number there is comes none', () => {
  const policy = { firstId: 1, ceiling: null, blockedRanges: [] };
  expect(nextNumber(policy, HIGHEST_ID - 1)).toBe(HIGHEST_ID);
  expect(nextNumber(policy, HIGHEST_ID)).toBeNull();
  const blocked = inOrder([{ from: 5, to: HIGHEST_ID }]);
  expect(nextNumber({ ...policy, blockedRanges: blocked }, 4)).toBeNull();
});

test.each([
  [0, null],
  [1, 9],
  [8, 99_999_999],
  [15, 999_999_999_999_999],
])('with a width of %i the highest number is %p', (idWidth, highest) => {
  expect(highestOf({ idWidth })).toBe(highest);
});
