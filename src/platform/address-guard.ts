import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** Where an address lies, as seen by who sends to whatever he is told: anybody's, one of the operator's own networks, or neither. */
export type Reach = 'public' | 'allowed' | 'refused';

/**
 * What is not the public internet: IANA's special-purpose registry (RFC 6890), multicast and reserved space; and Azure's agent, which
 * answers every machine there under an address that looks public.
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** All that is routed on the internet lies in it (RFC 4291 section 2.4). */
const GLOBAL_IPV6 = '2000::/3';
/** What of it is not: protocols' own (Teredo, ORCHID), documentation, 6to4, AS112. */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];
/** RFC 6052 section 2.1: the last four bytes are the IPv4 address that is meant. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

const SPECIAL = blockListOf([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
const GLOBAL = blockListOf([GLOBAL_IPV6]);

/** Keeps requests that others have a say in from reaching what only this machine can reach (SSRF). */
export class AddressGuard {
  private readonly allowed: BlockList;

  /** @param networks addresses and CIDR blocks that may be reached although they are not public */
  constructor(private readonly networks: readonly string[] = []) {
    this.allowed = blockListOf(networks);
  }

  get allowsNetworks(): boolean {
    return this.networks.length > 0;
  }

  /** What is no address in its usual form lies nowhere, and is refused. */
  reachOf(text: string): Reach {
    const written = readAddress(text);
    if (written === undefined) return 'refused';
    const address = translated(written);
    if (lists(this.allowed, written) || lists(this.allowed, address)) return 'allowed';
    if (lists(SPECIAL, address)) return 'refused';
    return address.kind() === 'ipv4' || lists(GLOBAL, address) ? 'public' : 'refused';
  }
}

/** Whether a guard can be told of it: an address, or a CIDR block. */
export function isGuardNetwork(text: string): boolean {
  return isReadable(text) && (ipaddr.isValid(text) || ipaddr.isValidCIDR(text));
}

function isReadable(network: string): boolean {
  return readAddress(addressOf(network)) !== undefined;
}

function addressOf(network: string): string {
  return network.replace(/\/\d+$/, '');
}

/** An IPv4 address that is mapped into IPv6 is that IPv4 address. */
function readAddress(text: string): Address | undefined {
  const version = isIP(text);
  if (version === 4) return ipaddr.IPv4.parse(text);
  if (version === 0 || text.includes('%')) return undefined; // a zone says of which link, so it is none but link-local
  // In hexadecimal: ipaddr.js takes `::1.2.3.4` for a mapped address, which it is not.
  const hexadecimal = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const address = ipaddr.IPv6.parse(hexadecimal);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** One that is meant for a translator leads to the IPv4 address within it. */
function translated(address: Address): Address {
  const isMeant = address.kind() === 'ipv6' && address.match(NAT64);
  return isMeant ? new ipaddr.IPv4(address.toByteArray().slice(-4)) : address;
}

function lists(list: BlockList, address: Address): boolean {
  return list.check(address.toString(), address.kind());
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const address = readAddress(addressOf(network));
    if (address === undefined) throw new TypeError('It is no network.');
    list.addSubnet(address.toString(), prefixOf(network, address), address.kind());
  }
  return list;
}

/** Of a block of mapped addresses, those of its bits that are left in IPv4. */
function prefixOf(network: string, address: Address): number {
  const bits = address.kind() === 'ipv4' ? 32 : 128;
  const [text = '', prefix] = network.split('/');
  if (prefix === undefined) return bits;
  return isIP(text) === 6 ? Math.max(0, Number(prefix) - (128 - bits)) : Number(prefix);
}
