import { isNetwork, networkContains } from '../../../../src/features/access/judge/network.js';

test.each([
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['192.0.2.7/32', '192.0.2.7', true],
  ['192.0.2.7/32', '192.0.2.6', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['10.1.2.3/8', '10.9.9.9', true],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::1', false],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['10.0.0.0/8', '::ffff:0b01:0203', false],
  ['::ffff:10.0.0.0/104', '10.1.2.3', true],
  ['::ffff:10.0.0.0/104', '::ffff:11.1.2.3', false],
  ['::/0', '10.1.2.3', false],
  ['::/0', '::ffff:10.1.2.3', false],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['2001:db8::7/128', '2001:db8::7', true],
  ['2001:db8::7/128', '2001:db8::8', false],
  ['::ffff:0:0/96', '10.1.2.3', true],
  ['::ffff:0:0/90', '10.1.2.3', false],
])('of %s, %s is a member: %s', (network, address, inside) => {
  expect(isNetwork(network)).toBe(true);
  expect(networkContains(network, address)).toBe(inside);
});

test.each(['', 'unknown', '10.1', '010.0.0.1', '10.0.0.1:443', 'localhost'])(
  'nothing is said of the address "%s"',
  (address) => {
    expect(networkContains('0.0.0.0/0', address)).toBeUndefined();
  },
);

test.each([
  '',
  '10.0.0.0',
  '10.0.0.0/33',
  '10.0.0.0/08',
  '10.0.0.0/-1',
  '10.1/16',
  '010.0.0.0/8',
  '0x0a.0.0.0/8',
  '10.0.0.0/8 ',
  '2001:db8::/129',
  'fe80::%eth0/10',
  'example.com/8',
])('"%s" is no network', (text) => {
  expect(isNetwork(text)).toBe(false);
  expect(networkContains(text, '10.0.0.1')).toBeUndefined();
});
