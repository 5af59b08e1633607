import ipaddr from 'ipaddr.js';

/** Bits of an IPv6 address that name one subscriber: the rest he chooses himself, in endless supply. */
const SUBSCRIBER_BITS = 64;

/** Under what one caller's address is counted: an IPv4 address as it is, an IPv6 one by its /64. */
export function addressKey(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const network = ipaddr.IPv6.networkAddressFromCIDR(
    `${parsed.toString()}/${String(SUBSCRIBER_BITS)}`,
  );
  return `${network.toString()}/${String(SUBSCRIBER_BITS)}`;
}
