import { Outages } from '../../../src/features/certificates/revocation/outages';

let now: number;
let outages: Outages;
let tries: number;
beforeEach(() => {
  now = 0;
  tries = 0;
  outages = new Outages(() => now);
});

const fail = (): Promise<void> => {
  tries += 1;
  return Promise.reject(new Error(`token is away, look ${String(tries)}`));
};
const complaint = (): string => {
  try {
    outages.refuse('Nothing of');
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
};

test('what fails is tried again after a second, and ever more rarely, once a minute at last', async () => {
  const triedAt: number[] = [];
  for (; now < 400_000; now += 400) {
    const before = tries;
    await outages.attempt('one', fail);
    if (tries > before) triedAt.push(now);
  }
  const pauses = triedAt.slice(1).map((at, i) => Math.floor((at - (triedAt[i] ?? 0)) / 1000));
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, ...pauses.slice(6).map(() => 60)]);
});

test('it is told in the same words until it is over', async () => {
  await outages.attempt('two', fail);
  await outages.attempt('one', fail);
  expect(complaint()).toBe('Nothing of one, two');
  await outages.attempt('one', fail);
  now = 10_000;
  await outages.attempt('one', fail);
  expect(complaint()).toBe('Nothing of one, two');
  await outages.attempt('two', () => Promise.resolve());
  expect(complaint()).toBe('Nothing of one');
  outages.keep(['two']);
  expect(complaint()).toBe('');
});

test('what has worked again begins anew where it fails later', async () => {
  for (const at of [0, 2000, 5000]) {
    now = at;
    await outages.attempt('one', fail);
  }
  now = 20_000;
  await outages.attempt('one', () => Promise.resolve());
  now = 21_000;
  await outages.attempt('one', fail);
  now = 22_000;
  await outages.attempt('one', fail);
  expect(tries).toBe(5);
});

test('others are done meanwhile', async () => {
  await outages.attempt('one', fail);
  let done = 0;
  for (let i = 0; i < 3; i++) {
    await outages.attempt('two', () => {
      done += 1;
      return Promise.resolve();
    });
  }
  expect(done).toBe(3);
});
