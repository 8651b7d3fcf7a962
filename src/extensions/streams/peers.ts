import { defineStream, type StreamDefinition } from '../defineStream.js';

/** One peer of the node; the names are those of the wire. */
export interface Peer {
  /** The node's own number for the connection. */
  readonly id: number;
  /** Address and port; null for those who may not see it. */
  readonly address: string | null;
  /** Round trip of the last ping; null before the first. */
  readonly latency_ms: number | null;
  /** Whether it has the whole chain, and so checks it: there are no other validators on a chain with proof of work. */
  readonly is_validator: boolean;
}

/** Peers in one message: a node has 125 at most by default. */
const MAX_PEERS = 1000;
/** The bit of a peer's services that says that it has the whole chain (`NODE_NETWORK`). */
const NODE_NETWORK = 1n;

/** Block Buster's `peers`: who the node is connected to. */
export function peers(options: { readonly everyMs: number }): StreamDefinition<readonly Peer[]> {
  return defineStream<readonly Peer[]>({
    name: 'peers',
    everyMs: options.everyMs,
    fetch: async (rpc) => readPeers(await rpc.call('getpeerinfo')),
    present: (all, audience) => ({
      peers: all
        .slice(0, MAX_PEERS)
        .map((peer) => (audience === 'operator' ? peer : { ...peer, address: null })),
      total: all.length,
    }),
  });
}

/** Reads what `getpeerinfo` gives. */
export function readPeers(result: unknown): readonly Peer[] {
  if (!Array.isArray(result)) return [];
  return result.map((entry: unknown) => {
    const { id, addr, pingtime, services } = entry as Readonly<Record<string, unknown>>;
    return {
      id: Number(id),
      address: typeof addr === 'string' ? addr : null,
      // Seconds, with six decimals.
      latency_ms: pingtime === undefined ? null : Math.round(Number(pingtime) * 1_000_000) / 1000,
      is_validator: (servicesOf(services) & NODE_NETWORK) !== 0n,
    };
  });
}

/** 16 hex digits. */
function servicesOf(services: unknown): bigint {
  return typeof services === 'string' && /^[0-9a-f]{1,16}$/.test(services) ? BigInt(`0x${services}`) : 0n;
}
