import { isPhone } from '../../../src/web/invitation/device-kind.js';

const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15';
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140 Safari';

test.each([
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148', 5],
  ['Mozilla/5.0 (Linux; Android 15; K) Chrome/140.0.0.0 Mobile Safari/537.36', 5],
  [MAC, 5], // an iPad that calls itself a Mac
])('%s with %i fingers is a phone', (userAgent, maxTouchPoints) => {
  expect(isPhone({ userAgent, maxTouchPoints })).toBe(true);
});

test.each([
  [MAC, 0],
  [WINDOWS, 10], // a laptop with a touch screen
])('%s with %i fingers is a computer', (userAgent, maxTouchPoints) => {
  expect(isPhone({ userAgent, maxTouchPoints })).toBe(false);
});

test('a browser that says so itself is believed', () => {
  const device = { userAgent: WINDOWS, maxTouchPoints: 1, userAgentData: { mobile: true } };
  expect(isPhone(device)).toBe(true);
});
