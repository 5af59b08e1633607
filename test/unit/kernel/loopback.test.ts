import { isLoopbackAddress, isLoopbackName } from '../../../src/kernel/loopback.js';

test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])(
  '%s is this machine',
  (address) => {
    expect(isLoopbackAddress(address)).toBe(true);
  },
);

test.each([
  '',
  '10.0.0.1',
  '128.0.0.1',
  '::2',
  '::ffff:10.0.0.1',
  'localhost',
  '127.0.0.1.example',
])('%j is no address of this machine', (address) => {
  expect(isLoopbackAddress(address)).toBe(false);
});

test.each(['localhost', 'LOCALHOST:4000', '127.0.0.1:4000', '[::1]', '[::1]:4000'])(
  'the host %s is this machine',
  (host) => {
    expect(isLoopbackName(host)).toBe(true);
  },
);

test.each([
  '',
  'example.org',
  'localhost.example.org',
  'evil@localhost',
  '10.0.0.1:80',
  'localhost:',
  'localhost:1:2',
  '[::2]',
  '127.0.0.1.nip.io:4000',
])('the host %j is not this machine', (host) => {
  expect(isLoopbackName(host)).toBe(false);
});
