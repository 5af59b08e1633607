import { ChannelHealth } from '../../../../src/platform/delivery/channel-health.js';

const at = (seconds: number): Date => new Date(Date.UTC(2026, 10, 22) + seconds * 1000);

test('what works is never left alone', () => {
  const health = new ChannelHealth();
  expect(health.rest(at(0))).toBeNull();
  health.worked();
  expect([health.rest(at(1)), health.isResting(at(1))]).toEqual([null, false]);
});

test('what fails is left alone for twice as long each time, and for a minute at most', () => {
  const health = new ChannelHealth();
  let now = 0;
  const rests: number[] = [];
  for (let i = 0; i < 8; i += 1) {
    health.failed(at(now));
    const until = health.rest(at(now))?.getTime() ?? 0;
    rests.push((until - at(now).getTime()) / 1000);
    now += rests.at(-1) ?? 0;
  }
  expect(rests).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
});

test('one alone tries whether it works again, and another where nothing is heard of him', () => {
  const health = new ChannelHealth();
  health.failed(at(0));
  expect(health.rest(at(1))).toEqual(at(2));
  expect(health.rest(at(2))).toBeNull();
  expect(health.rest(at(3))).toEqual(at(32));
  expect(health.isResting(at(3))).toBe(true);
  expect(health.rest(at(32))).toBeNull();
});

test('once it works, all may use it, and its next failure is its first', () => {
  const health = new ChannelHealth();
  health.failed(at(0));
  health.failed(at(2));
  health.worked();
  expect(health.rest(at(2))).toBeNull();
  health.failed(at(3));
  expect(health.rest(at(3))).toEqual(at(5));
});
