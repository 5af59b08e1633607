import ipaddr from 'ipaddr.js';

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

const PREFIX = /\/(?:0|[1-9]\d{0,2})$/;
/** Length of the prefix `::ffff:0:0` of IPv4-mapped addresses, RFC 4291 section 2.5.5.2. */
const MAPPED_BITS = 96;

/** Whether the text is a CIDR block: four decimal parts for IPv4, no zone for IPv6. */
export function isNetwork(text: string): boolean {
  return readNetwork(text) !== undefined;
}

/** Whether the address lies in the network; undefined where either cannot be read. */
export function networkContains(network: string, address: string): boolean | undefined {
  const block = readNetwork(network);
  const host = readAddress(address);
  if (block === undefined || host === undefined) return undefined;
  return host.kind() === block[0].kind() && host.match(block);
}

function readNetwork(text: string): Network | undefined {
  if (!PREFIX.test(text) || text.includes('%')) return undefined;
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) return ipaddr.IPv4.parseCIDR(text);
  if (!ipaddr.IPv6.isValidCIDR(text)) return undefined;
  const [base, bits] = ipaddr.IPv6.parseCIDR(text);
  const mapped = base.isIPv4MappedAddress() && bits >= MAPPED_BITS;
  return mapped ? [base.toIPv4Address(), bits - MAPPED_BITS] : [base, bits];
}

/** An IPv4-mapped IPv6 address is the IPv4 address: a socket that listens on both shows IPv4 callers so. */
function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : undefined;
}
