import { jsonArray, jsonObject, jsonString } from './jsonText.js';
import type { RandomSource } from './randomSource.js';

/** What is said of a peer that is added. */
export interface PeerOptions {
  /** Address and port; a made-up one of the range that is kept for examples if absent. */
  readonly address?: string;
  /** Whether it connected to the node; false if absent. */
  readonly inbound?: boolean;
  readonly subversion?: string;
}

/** The peers of a simulated node. */
export interface Peers {
  readonly count: number;
  /** Gives its number. */
  add(options?: PeerOptions): number;
  /** `false` when there is no such peer. */
  remove(id: number): boolean;
  /** Sets its ban score; `false` when there is no such peer. */
  setBanScore(id: number, banScore: number): boolean;
  /** The node was started again: the same peers come back, with new numbers. */
  reconnect(): void;
  /** As `getpeerinfo` prints them. */
  print(): string;
  /** Bytes from and to all peers since the start. */
  totals(): { readonly received: number; readonly sent: number };
}

/** What peers depend on. */
export interface PeersDeps {
  readonly random: RandomSource;
  /** Unix time of the simulated chain. */
  readonly nowSeconds: () => number;
  /** Seconds since the start of the node, of a real clock. */
  readonly uptimeSeconds: () => number;
  readonly tipHeight: () => number;
}

interface SimulatedPeer {
  id: number;
  readonly address: string;
  readonly inbound: boolean;
  readonly subversion: string;
  readonly pingMicroseconds: number;
  readonly bytesPerSecond: number;
  banScore: number;
  connectedSeconds: number;
  connectedUptime: number;
  startingHeight: number;
}

const PORT = 8820;
const SUBVERSION = '/Evrmore:1.0.5/';
const PROTOCOL_VERSION = 70029;
/** Sent and received while a connection is made. */
const HANDSHAKE_BYTES = 1024;

/** No peers yet. */
export function createPeers(deps: PeersDeps): Peers {
  const { random } = deps;
  let peers: SimulatedPeer[] = [];
  let nextId = 0;

  const connected = (): Pick<
    SimulatedPeer,
    'id' | 'connectedSeconds' | 'connectedUptime' | 'startingHeight'
  > => ({
    id: nextId++,
    connectedSeconds: deps.nowSeconds(),
    connectedUptime: deps.uptimeSeconds(),
    startingHeight: deps.tipHeight(),
  });
  const find = (id: number): SimulatedPeer | undefined => peers.find((peer) => peer.id === id);
  const bytesOf = (peer: SimulatedPeer): number =>
    HANDSHAKE_BYTES +
    Math.floor(Math.max(0, deps.uptimeSeconds() - peer.connectedUptime) * peer.bytesPerSecond);

  const printPeer = (peer: SimulatedPeer): string => {
    const bytes = String(bytesOf(peer));
    const ping = (peer.pingMicroseconds / 1_000_000).toFixed(6);
    const now = String(deps.nowSeconds());
    const height = String(deps.tipHeight());
    return jsonObject([
      ['id', String(peer.id)],
      ['addr', jsonString(peer.address)],
      ['addrlocal', jsonString(`192.0.2.1:${PORT}`)],
      ['addrbind', jsonString(`10.0.0.2:${PORT}`)],
      ['services', '"000000000000000d"'],
      ['relaytxes', 'true'],
      ['lastsend', now],
      ['lastrecv', now],
      ['bytessent', bytes],
      ['bytesrecv', bytes],
      ['conntime', String(peer.connectedSeconds)],
      ['timeoffset', '0'],
      ['pingtime', ping],
      ['minping', ping],
      ['version', String(PROTOCOL_VERSION)],
      ['subver', jsonString(peer.subversion)],
      ['inbound', String(peer.inbound)],
      ['addnode', 'false'],
      ['startingheight', String(peer.startingHeight)],
      ['banscore', String(peer.banScore)],
      ['synced_headers', height],
      ['synced_blocks', height],
      ['inflight', '[]'],
      ['whitelisted', 'false'],
      ['bytessent_per_msg', jsonObject([['ping', bytes]])],
      ['bytesrecv_per_msg', jsonObject([['pong', bytes]])],
    ]);
  };

  return {
    get count() {
      return peers.length;
    },
    add({ address, inbound = false, subversion = SUBVERSION } = {}) {
      const place = connected();
      peers.push({
        ...place,
        address: address ?? `203.0.113.${(place.id % 254) + 1}:${PORT}`,
        inbound,
        subversion,
        pingMicroseconds: random.between(8_000, 240_000),
        bytesPerSecond: random.between(200, 4000),
        banScore: 0,
      });
      return place.id;
    },
    remove(id) {
      const before = peers.length;
      peers = peers.filter((peer) => peer.id !== id);
      return peers.length < before;
    },
    setBanScore(id, banScore) {
      const peer = find(id);
      if (peer === undefined) return false;
      peer.banScore = banScore;
      return true;
    },
    reconnect() {
      nextId = 0;
      peers = peers.map((peer) => ({ ...peer, ...connected(), banScore: 0 }));
    },
    print: () => jsonArray(peers.map(printPeer)),
    totals() {
      const bytes = peers.reduce((sum, peer) => sum + bytesOf(peer), 0);
      return { received: bytes, sent: bytes };
    },
  };
}
