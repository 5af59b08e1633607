import { sharedRead } from '../../../src/platform/shared-read.js';

function counting(): { reads: () => number; read: () => Promise<number> } {
  let reads = 0;
  return { reads: () => reads, read: () => Promise.resolve((reads += 1)) };
}

test('callers of one turn share one read', async () => {
  const { read, reads } = counting();
  const ask = sharedRead(read);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  expect(reads()).toBe(1);
});

test('who asks after a read has begun gets an answer of his own', async () => {
  const { read } = counting();
  const later: Promise<number>[] = [];
  const ask: () => Promise<number> = sharedRead(() => {
    if (later.length === 0) later.push(ask());
    return read();
  });
  expect(await ask()).toBe(1);
  expect(await later[0]).toBe(2);
});

test('a failed read fails for all who shared it, and the next one is tried anew', async () => {
  const { read } = counting();
  let isBroken = true;
  const ask = sharedRead(() => (isBroken ? Promise.reject(new Error('broken')) : read()));
  const answers = await Promise.allSettled([ask(), ask()]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isBroken = false;
  expect(await ask()).toBe(1);
});
