import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { AddressGuard, isGuardNetwork } from '../../../src/platform/address-guard.js';

const guard = new AddressGuard();

/** First and last address of what is not public, by hand from IANA's registries; the tests' own, not the guard's. */
const NOT_PUBLIC_4 = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
].map(([first = '', last = '']) => [numberOf(first), numberOf(last)] as const);

function numberOf(dotted: string): number {
  return dotted.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function dottedOf(number: number): string {
  return [24, 16, 8, 0].map((bits) => String(Math.floor(number / 2 ** bits) % 256)).join('.');
}

function isPublic4(number: number): boolean {
  return !NOT_PUBLIC_4.some(([first, last]) => number >= first && number <= last);
}

/** Uniform, and just at the edges of each range. */
const ipv4 = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc
    .tuple(fc.constantFrom(...NOT_PUBLIC_4.flat()), fc.integer({ min: -2, max: 2 }))
    .map(([edge, offset]) => Math.min(2 ** 32 - 1, Math.max(0, edge + offset))),
);
const hextets = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
const hex = (parts: readonly number[]): string => parts.map((part) => part.toString(16)).join(':');
const RUNS = { numRuns: 2000 };

test('an IPv4 address is public exactly where no registry says otherwise', () => {
  fc.assert(
    fc.property(ipv4, (number) => {
      expect(guard.reachOf(dottedOf(number))).toBe(isPublic4(number) ? 'public' : 'refused');
    }),
    RUNS,
  );
});

test('what another library does not take for unicast is never public', () => {
  fc.assert(
    fc.property(ipv4, (number) => {
      const address = dottedOf(number);
      const range = ipaddr.IPv4.parse(address).range();
      expect(range === 'unicast' || guard.reachOf(address) === 'refused').toBe(true);
    }),
    RUNS,
  );
});

test('an IPv4 address written as IPv6, by mapping or for a translator, is judged as what it is', () => {
  fc.assert(
    fc.property(ipv4, (number) => {
      const dotted = dottedOf(number);
      const low = [Math.floor(number / 65_536), number % 65_536]
        .map((n) => n.toString(16))
        .join(':');
      const forms = [
        `::ffff:${dotted}`,
        `::ffff:${low}`,
        `0:0:0:0:0:ffff:${low}`,
        `::FFFF:${low.toUpperCase()}`,
        `64:ff9b::${dotted}`,
        `64:ff9b::${low}`,
      ];
      const expected = guard.reachOf(dotted);
      expect(forms.map((form) => guard.reachOf(form))).toEqual(forms.map(() => expected));
    }),
    RUNS,
  );
});

test('an IPv4 address hidden in IPv6 in any other way is refused', () => {
  fc.assert(
    fc.property(ipv4, (number) => {
      const low = [Math.floor(number / 65_536), number % 65_536]
        .map((n) => n.toString(16))
        .join(':');
      const forms = [
        `::${dottedOf(number)}`, // IPv4-compatible
        `::ffff:0:${low}`, // SIIT
        `64:ff9b:1::${low}`, // local-use NAT64
        `2002:${low}::1`, // 6to4
        `2001:0:${low}::1`, // Teredo
        `fe80::5efe:${low}`, // ISATAP
      ];
      expect(forms.map((form) => guard.reachOf(form))).toEqual(forms.map(() => 'refused'));
    }),
    RUNS,
  );
});

test('an IPv6 address is public only within 2000::/3, and where another library says unicast', () => {
  fc.assert(
    fc.property(hextets, fc.integer({ min: 0x2000, max: 0x3fff }), ([, ...rest], first) => {
      const address = hex([first, ...rest]);
      const reach = guard.reachOf(address);
      const range = ipaddr.IPv6.parse(address).range();
      expect(range === 'unicast' || reach === 'refused').toBe(true);
    }),
    RUNS,
  );
  fc.assert(
    fc.property(hextets, (parts) => {
      const [first = 0] = parts;
      const isGlobal = first >= 0x2000 && first <= 0x3fff;
      const isTranslated = parts[0] === 0x64 && parts[1] === 0xff9b;
      expect(isGlobal || isTranslated || guard.reachOf(hex(parts)) === 'refused').toBe(true);
    }),
    RUNS,
  );
});

test.each([
  '2606:4700:4700::1111',
  '2a00:1450:4001:80b::200e',
  '2001:4860:4860::8888',
  '8.8.8.8',
  '1.1.1.1',
  '172.15.255.255',
  '172.32.0.0',
  '100.63.255.255',
  '100.128.0.0',
])('%s is public', (address) => {
  expect(guard.reachOf(address)).toBe('public');
});

test.each([
  ['this machine', '127.0.0.1'],
  ['this machine', '::1'],
  ['any address', '0.0.0.0'],
  ['any address', '::'],
  ['metadata of clouds', '169.254.169.254'],
  ['metadata of Amazon', 'fd00:ec2::254'],
  ['metadata of Alibaba', '100.100.100.200'],
  ['metadata of Oracle', '192.0.0.192'],
  ['the agent of Azure', '168.63.129.16'],
  ['link-local', 'fe80::1'],
  ['link-local with its zone', 'fe80::1%eth0'],
  ['a public address with a zone', '2606:4700:4700::1111%eth0'],
  ['site-local', 'fec0::1'],
  ['unique local', 'fc00::1'],
  ['multicast', 'ff02::1'],
  ['documentation', '2001:db8::1'],
  ['documentation', '3fff:abc::1'],
  ['AS112', '2620:4f:8000::1'],
  ['discard-only', '100::1'],
])('%s is refused: %s', (_what, address) => {
  expect(guard.reachOf(address)).toBe('refused');
});

test.each([
  '',
  ' ',
  'localhost',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '1.2.3',
  '1.2.3.4.5',
  '[::1]',
  '8.8.8.8 ',
  '8.8.8.8/32',
  '::g',
])('what is no address in its usual form is refused: %j', (text) => {
  expect(guard.reachOf(text)).toBe('refused');
});

test('allowed networks may be reached, in every form of their addresses, and nothing beside them', () => {
  const allowing = new AddressGuard([
    '10.1.0.0/16',
    '127.0.0.1',
    'fd12::/16',
    '::ffff:192.168.7.0/120',
  ]);
  const allowed = [
    '10.1.0.0',
    '10.1.255.255',
    '::ffff:10.1.2.3',
    '64:ff9b::10.1.2.3',
    '127.0.0.1',
    'fd12::1',
    '192.168.7.9',
  ];
  const refused = ['10.0.255.255', '10.2.0.0', '127.0.0.2', '::1', 'fd13::1', '192.168.8.0'];
  expect(allowed.map((address) => allowing.reachOf(address))).toEqual(allowed.map(() => 'allowed'));
  expect(refused.map((address) => allowing.reachOf(address))).toEqual(refused.map(() => 'refused'));
  expect(allowing.reachOf('8.8.8.8')).toBe('public');
});

test('it says whether any network is allowed', () => {
  expect([guard.allowsNetworks, new AddressGuard(['10.0.0.0/8']).allowsNetworks]).toEqual([
    false,
    true,
  ]);
});

test('to allow the addresses of a translator does not allow the IPv4 addresses behind it', () => {
  const allowing = new AddressGuard(['64:ff9b::/96']);
  expect(allowing.reachOf('64:ff9b::10.0.0.1')).toBe('allowed');
  expect(
    ['10.0.0.1', '127.0.0.1', '::ffff:10.0.0.1'].map((address) => allowing.reachOf(address)),
  ).toEqual(['refused', 'refused', 'refused']);
});

test.each(['10.0.0.0/8', '10.0.0.1', 'fd00::/8', '::1', '::ffff:10.0.0.0/104', '0.0.0.0/0'])(
  'a guard can be told of %s',
  (network) => {
    expect(isGuardNetwork(network)).toBe(true);
    expect(() => new AddressGuard([network])).not.toThrow();
  },
);

test.each([
  '',
  'localhost',
  '10.1',
  '0x7f.1',
  '010.0.0.1',
  '10.0.0.0/33',
  'fd00::/129',
  'fe80::1%eth0',
  '10.0.0.0/',
  '/8',
  '10.0.0.0/8/8',
])('a guard cannot be told of %j', (network) => {
  expect(isGuardNetwork(network)).toBe(false);
});
