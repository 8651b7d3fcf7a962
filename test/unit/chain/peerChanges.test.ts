import { describe, expect, it } from 'vitest';
import {
  comparePeers,
  MAX_PEERS,
  printPeerChange,
  readPeers,
  type Peer,
} from '../../../src/chain/peerChanges.js';

/** An answer of the node with these peers, each with members of its own. */
function peersOf(...peers: readonly string[]): readonly Peer[] {
  const read = readPeers(`[${peers.map((members) => `{${members}}`).join(', ')}]`);
  if (read === undefined) throw new Error('no peers');
  return read;
}

const texts = (before: readonly Peer[], after: readonly Peer[]): readonly string[] =>
  comparePeers(before, after).map(({ status, peer, changed }) =>
    `${status} ${peer.get('id') ?? ''} ${changed.join()}`.trim(),
  );

const FIRST = '"id":0,"addr":"203.0.113.1:8820","conntime":1763711970,"subver":"/a/","banscore":0';
const SECOND = '"id":1,"addr":"[2001:db8::1]:8820","conntime":1763711971,"subver":"/b/","banscore":0';

describe('the peers of two answers', () => {
  it('are the same where only what changes with every message has changed', () => {
    const [before, after] = [
      peersOf(`${FIRST},"lastsend":1`),
      peersOf(`${FIRST},"lastsend":2,"synced_blocks":7`),
    ];
    expect(texts(before, after)).toEqual([]);
  });

  it('are told as gone, then new, then changed', () => {
    const third = SECOND.replace('"id":1', '"id":2');
    const worse = FIRST.replace('"banscore":0', '"banscore":20').replace('/a/', '/c/');
    expect(texts(peersOf(FIRST, SECOND), peersOf(third, worse))).toEqual([
      'disconnected 1',
      'connected 2',
      'changed 0 subver,banscore',
    ]);
  });

  it('are others after a restart of the node, which counts from 0 again', () => {
    const again = FIRST.replace('1763711970', '1763799999');
    expect(texts(peersOf(FIRST), peersOf(again))).toEqual(['disconnected 0', 'connected 0']);
    const elsewhere = FIRST.replace('203.0.113.1', '203.0.113.9');
    expect(texts(peersOf(FIRST), peersOf(elsewhere))).toEqual(['disconnected 0', 'connected 0']);
  });

  it('are told with the digits and letters of the node, and where they are only to who may know', () => {
    const odd =
      '"id":123456789012345678901,"addr":"203.0.113.1:8820","addrlocal":"192.0.2.1:1","subver":"/\\u0007\\"x/"';
    const [change] = comparePeers([], peersOf(odd));
    if (change === undefined) throw new Error('no change');
    expect(printPeerChange(change, 1, true)).toBe(
      '{"status":"connected","id":123456789012345678901,"addr":"203.0.113.1:8820","subver":"/\\u0007\\"x/","peer_count":1}',
    );
    const open = printPeerChange({ ...change, status: 'changed', changed: ['subver'] }, 4, false);
    expect(open).toBe(
      '{"status":"changed","id":123456789012345678901,"subver":"/\\u0007\\"x/","changed":["subver"],"peer_count":4}',
    );
  });

  it.each(['{}', '7', '[7]', '[{"addr":"203.0.113.1:1"}]', '[[]]'])('are not read from %s', (answer) => {
    expect(readPeers(answer)).toBeUndefined();
  });

  it('are bounded', () => {
    const many = Array.from({ length: MAX_PEERS + 1 }, (_, id) => `"id":${id}`);
    expect(peersOf(...many)).toHaveLength(MAX_PEERS);
  });
});
