import type { DomainError } from '../../../src/kernel/errors.js';
import {
  changedPolicy,
  newPolicy,
  type IdPolicyChange,
  type IdPolicyInput,
} from '../../../src/features/projects/self-registration/id-policy-input.js';
import { HIGHEST_ID } from '../../../src/features/projects/self-registration/id-policy.js';

const PLAIN = {
  firstId: 1,
  ceiling: null,
  idPrefix: '',
  idWidth: 0,
  quota: null,
  blockedRanges: [],
};
const UNDER_WAY = { ...PLAIN, ceiling: 500, quota: 100, lastId: 42, used: 40 };

function refusedFields(attempt: () => unknown): string[] {
  try {
    attempt();
  } catch (error) {
    const { code, facts } = error as DomainError;
    const fields = facts['fields'] as readonly { field: string }[];
    return [code, ...fields.map(({ field }) => field)];
  }
  return [];
}

test('what is left out, or null, has its default', () => {
  expect(newPolicy({}, 'p')).toEqual(PLAIN);
  const nothing = { firstId: null, ceiling: null, idPrefix: null, idWidth: null };
  expect(newPolicy({ ...nothing, quota: null, blockedRanges: null }, 'p')).toEqual(PLAIN);
});

test('a width sets the highest ID, unless a lower one is named', () => {
  expect(newPolicy({ idWidth: 4 }, 'p').ceiling).toBe(9999);
  expect(newPolicy({ idWidth: 4, ceiling: 700 }, 'p').ceiling).toBe(700);
});

test('blocked ranges are put in order', () => {
  const blockedRanges = [
    { from: 30, to: 40 },
    { from: 10, to: 19 },
    { from: 20, to: 31 },
  ];
  expect(newPolicy({ blockedRanges }, 'p').blockedRanges).toEqual([{ from: 10, to: 40 }]);
});

test.each<[string, IdPolicyInput, string]>([
  ['a negative first ID', { firstId: -1 }, 'p.firstId'],
  ['a first ID that is no whole number', { firstId: 1.5 }, 'p.firstId'],
  ['a first ID beyond what numbers can hold', { firstId: HIGHEST_ID + 1 }, 'p.firstId'],
  ['a first ID with more digits than the width', { firstId: 100, idWidth: 2 }, 'p.firstId'],
  ['a ceiling below the first ID', { firstId: 10, ceiling: 9 }, 'p.ceiling'],
  ['a ceiling with more digits than the width', { idWidth: 2, ceiling: 100 }, 'p.ceiling'],
  ['a width beyond 15', { idWidth: 16 }, 'p.idWidth'],
  ['a negative width', { idWidth: -1 }, 'p.idWidth'],
  ['a prefix with blanks', { idPrefix: 'A B' }, 'p.idPrefix'],
  ['a prefix that a spreadsheet takes for a formula', { idPrefix: '=1+' }, 'p.idPrefix'],
  ['a prefix that begins with a minus', { idPrefix: '-1' }, 'p.idPrefix'],
  ['a prefix of other letters', { idPrefix: 'é' }, 'p.idPrefix'],
  ['a prefix with a line break', { idPrefix: 'A\n' }, 'p.idPrefix'],
  ['a prefix of 21 characters', { idPrefix: 'A'.repeat(21) }, 'p.idPrefix'],
  ['a quota of none', { quota: 0 }, 'p.quota'],
  ['a quota beyond an Int', { quota: 2 ** 31 }, 'p.quota'],
  [
    'a range that ends before it begins',
    { blockedRanges: [{ from: 2, to: 1 }] },
    'p.blockedRanges',
  ],
  ['a range below zero', { blockedRanges: [{ from: -1, to: 1 }] }, 'p.blockedRanges'],
  [
    'a thousand and one ranges',
    { blockedRanges: Array.from({ length: 1001 }, (_, i) => ({ from: 2 * i, to: 2 * i })) },
    'p.blockedRanges',
  ],
])('%s is refused', (_, input, field) => {
  expect(refusedFields(() => newPolicy(input, 'p'))).toEqual(['INVALID_INPUT', field]);
});

test('a change keeps what it leaves out', () => {
  expect(changedPolicy(UNDER_WAY, {}, 'p')).toEqual({ ...PLAIN, ceiling: 500, quota: 100 });
});

test('null takes ceiling and quota away', () => {
  expect(changedPolicy(UNDER_WAY, { ceiling: null, quota: null }, 'p')).toEqual(PLAIN);
  expect(changedPolicy({ ...UNDER_WAY, idWidth: 3 }, { ceiling: null }, 'p').ceiling).toBe(999);
});

test('the ceiling may come down to the last ID, the quota to what is used', () => {
  const changed = changedPolicy(UNDER_WAY, { ceiling: 42, quota: 40 }, 'p');
  expect(changed).toMatchObject({ ceiling: 42, quota: 40 });
});

test.each<[string, IdPolicyChange, string]>([
  ['a ceiling below an ID that is assigned', { ceiling: 41 }, 'p.ceiling'],
  ['a quota below what is used', { quota: 39 }, 'p.quota'],
  ['no list of ranges', { blockedRanges: null }, 'p.blockedRanges'],
])('%s is refused later', (_, change, field) => {
  expect(refusedFields(() => changedPolicy(UNDER_WAY, change, 'p'))).toEqual([
    'INVALID_INPUT',
    field,
  ]);
});
