import {
  MemoryKeyStore,
  replacedBy,
  type StoredMobileId,
} from '../../../src/phone/keys/key-store.js';

const SERVER_URL = 'https://id.example';

function stored(
  id: string,
  assignedId: string | null,
  more: Partial<StoredMobileId> = {},
): StoredMobileId {
  const assigned = assignedId === null ? null : { id: assignedId, value: '1' };
  const profile = { id, certificates: [], assignedId: assigned };
  return {
    serverUrl: SERVER_URL,
    enrolmentId: `of ${id}`,
    storedAt: new Date('2026-01-15T10:00:00.000Z'),
    profile: profile as unknown as StoredMobileId['profile'],
    chain: [],
    keys: [],
    ...more,
  };
}

async function marksAfter(
  ...mobileIds: readonly StoredMobileId[]
): Promise<(string | undefined)[]> {
  const store = new MemoryKeyStore();
  for (const mobileId of mobileIds) await store.storeMobileId(mobileId);
  return (await store.listMobileIds()).map((mobileId) => mobileId.replacedBy);
}

test('a new mobile ID under the same assigned ID replaces the earlier one, whatever the clock says', async () => {
  const past = { storedAt: new Date('2020-01-01T00:00:00.000Z') };
  expect(await marksAfter(stored('a', 'x'), stored('b', 'x', past))).toEqual(['b', undefined]);
});

test('of three the last one stands', async () => {
  const marks = await marksAfter(stored('a', 'x'), stored('b', 'x'), stored('c', 'x'));
  expect(marks).toEqual(['c', 'c', undefined]);
});

test('another ID, another mobile ID without one, and the same once more replace nothing', async () => {
  const marks = await marksAfter(
    stored('a', 'x'),
    stored('b', 'y'),
    stored('c', null),
    stored('d', null),
    stored('a', 'x'),
  );
  expect(marks).toEqual([undefined, undefined, undefined, undefined]);
});

test('no other server can say that an ID of this one is its own', async () => {
  const elsewhere = stored('b', 'x', { serverUrl: 'https://evil.example' });
  expect(await marksAfter(stored('a', 'x'), elsewhere)).toEqual([undefined, undefined]);
});

test('what was replaced itself replaces nothing, in whichever order a file is read', () => {
  const earlier = stored('a', 'x', { replacedBy: 'b' });
  expect(replacedBy(earlier, [stored('b', 'x')])).toEqual([]);
});
