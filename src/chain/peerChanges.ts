import type { PeerStatus } from '../protocol/events.js';
import { elementSpans, memberSpans } from '../protocol/jsonSpans.js';

/** A peer of the node: the members of `getpeerinfo` that are told of it, as the node printed them. */
export type Peer = ReadonlyMap<string, string>;

/** What became of a peer between two answers. */
export interface PeerChange {
  readonly status: PeerStatus;
  /** As it is now, or was when it was last seen. */
  readonly peer: Peer;
  /** Members that are not what they were, of one that `changed`; empty otherwise. */
  readonly changed: readonly string[];
}

/** Peers of one answer that are looked at; a node has 125 by default. */
export const MAX_PEERS = 4096;

/** Where the peer is: not for everybody. */
const ADDRESS = 'addr';
/** What tells one connection from another: the node counts `id` from 0 again when it is restarted. */
const IDENTITY: readonly string[] = ['id', ADDRESS, 'conntime'];
/** What a peer's standing is, besides being there. What changes with every block or message is no part of it. */
const STANDING: readonly string[] = [
  'inbound',
  'addnode',
  'whitelisted',
  'version',
  'subver',
  'services',
  'relaytxes',
  'startingheight',
  'banscore',
];
/** Everything that is told, in this order. */
const TOLD: readonly string[] = [...IDENTITY, ...STANDING];

/** Reads an answer to `getpeerinfo`, which must be JSON; `undefined` when it is no list of peers. */
export function readPeers(answer: string): readonly Peer[] | undefined {
  if (!answer.startsWith('[')) return undefined;
  const peers: Peer[] = [];
  for (const text of elementSpans(answer).slice(0, MAX_PEERS)) {
    if (!text.startsWith('{')) return undefined;
    const members = memberSpans(text);
    if (!members.has('id')) return undefined;
    peers.push(
      new Map(
        TOLD.flatMap((name): [string, string][] => {
          const value = members.get(name);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
    );
  }
  return peers;
}

/**
 * What became of the peers between two answers: first those that are gone, then those that are new, then those that changed their
 * standing, each in the order of its answer.
 */
export function comparePeers(before: readonly Peer[], after: readonly Peer[]): readonly PeerChange[] {
  const known = new Map(before.map((peer) => [identityOf(peer), peer]));
  const present = new Set(after.map(identityOf));
  const gone = before
    .filter((peer) => !present.has(identityOf(peer)))
    .map((peer): PeerChange => ({ status: 'disconnected', peer, changed: [] }));
  const added: PeerChange[] = [];
  const changes: PeerChange[] = [];
  for (const peer of after) {
    const old = known.get(identityOf(peer));
    if (old === undefined) {
      added.push({ status: 'connected', peer, changed: [] });
      continue;
    }
    const changed = STANDING.filter((name) => peer.get(name) !== old.get(name));
    if (changed.length > 0) changes.push({ status: 'changed', peer, changed });
  }
  return [...gone, ...added, ...changes];
}

/**
 * A change as the `data` object of an event. `peerCount` is the number of peers after it; `withAddress` is for those who may know where
 * peers are.
 */
export function printPeerChange(
  { status, peer, changed }: PeerChange,
  peerCount: number,
  withAddress: boolean,
): string {
  const members = [...peer]
    .filter(([name]) => withAddress || name !== ADDRESS)
    .map(([name, value]) => `"${name}":${value}`);
  const changes = status === 'changed' ? `,"changed":${JSON.stringify(changed)}` : '';
  return `{"status":"${status}",${members.join(',')}${changes},"peer_count":${peerCount}}`;
}

function identityOf(peer: Peer): string {
  return IDENTITY.map((name) => peer.get(name)).join(' ');
}
