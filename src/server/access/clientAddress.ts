import { BlockList, isIP, isIPv4 } from 'node:net';

/** Which peers' word is taken for the address of who stands behind them. */
export interface ProxyList {
  readonly addresses: BlockList;
  /** Asked for every connection, where most gateways trust nobody. */
  readonly isEmpty: boolean;
}

/** What a request says of its way. */
export interface RequestWay {
  /** The address at the other end of the connection. */
  readonly peerAddress: string;
  /** Header `X-Forwarded-For`. */
  readonly forwardedFor: string | undefined;
  /** Header `Forwarded` (RFC 7239). */
  readonly forwarded: string | undefined;
}

/** Who a request comes from. */
export interface ClientAddress {
  readonly address: string;
  /** Whether it is a program of this machine: a loopback address, and no proxy has handed it on. */
  readonly isLocal: boolean;
}

/** Makes a list of addresses and ranges such as `10.0.0.0/8`; what is neither is left out. */
export function createProxyList(ranges: readonly string[]): ProxyList {
  const addresses = new BlockList();
  for (const range of ranges) addRange(addresses, range);
  return { addresses, isEmpty: addresses.rules.length === 0 };
}

/**
 * The address of the client: the peer's or, where the peer is a trusted proxy, the last one in its header that is no trusted proxy.
 * What stands before that in the header was written by the client. `Forwarded` is read where there is no `X-Forwarded-For`. A header of a
 * peer that is not trusted only says that there is a proxy: who it hands on is not local, whatever address it has.
 */
export function clientAddress(way: RequestWay, proxies: ProxyList): ClientAddress {
  const peer = plainAddress(way.peerAddress) ?? '';
  const header = way.forwardedFor ?? way.forwarded;
  if (header === undefined) return { address: peer, isLocal: isLoopback(peer) };
  if (!isIn(proxies, peer)) return { address: peer, isLocal: false };
  const hops = way.forwardedFor === undefined ? forwardedHops(header) : header.split(',');
  let address = peer;
  for (const hop of hops.reverse()) {
    const next = plainAddress(hop);
    // What a trusted proxy did not write as an address hides who it is: the proxy itself is the nearest thing known.
    if (next === undefined) return { address, isLocal: false };
    address = next;
    if (!isIn(proxies, address)) break;
  }
  return { address, isLocal: isLoopback(address) };
}

/** Whether the peer of a connection is a proxy whose word is taken. */
export function isTrustedProxy(peerAddress: string, proxies: ProxyList): boolean {
  return isIn(proxies, plainAddress(peerAddress) ?? '');
}

/** What clients are counted by: an IPv4 address, or the /64 of an IPv6 address, which one person has all of. */
export function addressGroup(address: string): string {
  const plain = withoutMapping(address.toLowerCase());
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + rest.length < 8) groups.push('0');
  return `${[...groups, ...rest]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** Whether an address is one of this machine that no other reaches. */
export function isLoopback(address: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === '::1';
}

/** An address as it stands in a header or a socket, without port, quotes, brackets and the prefix of IPv4 in IPv6. */
function plainAddress(text: string): string | undefined {
  // The usual one, at once: each connection is asked for several times.
  if (isIPv4(text)) return text;
  const trimmed = text.trim().replace(/^"(.*)"$/, '$1');
  const [, bracketed] = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(trimmed) ?? [];
  const [, withPort] = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(trimmed) ?? [];
  const address = bracketed ?? withPort ?? trimmed;
  return isIP(address) === 0 ? undefined : withoutMapping(address.toLowerCase());
}

/** The IPv4 address that an IPv6 address of the form `::ffff:192.0.2.7` or `::ffff:c000:207` stands for, and any other as it is. */
function withoutMapping(address: string): string {
  const [, dotted] = /^(?:::|(?:0{1,4}:){5})ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^(?:::|(?:0{1,4}:){5})ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  return [parseInt(high, 16), parseInt(low, 16)].flatMap((pair) => [pair >> 8, pair & 0xff]).join('.');
}

/** The `for` of each element of a `Forwarded` header; one without it counts as unreadable. */
function forwardedHops(header: string): string[] {
  return header.split(',').map((element) => {
    const pair = element.split(';').find((each) => /^\s*for=/i.test(each));
    return pair === undefined ? '' : pair.replace(/^\s*for=/i, '');
  });
}

function isIn({ addresses, isEmpty }: ProxyList, address: string): boolean {
  if (isEmpty) return false;
  const family = isIP(address);
  return family !== 0 && addresses.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function addRange(list: BlockList, range: string): void {
  const [address = '', digits] = range.split('/');
  const family = isIP(address);
  if (family === 0) return;
  const prefix = digits === undefined ? (family === 6 ? 128 : 32) : Number(digits);
  list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
}
