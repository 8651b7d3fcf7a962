import type { AssetKind } from './assetKinds.js';
import type { PeerOptions } from './peers.js';
import type { RpcFault } from './rpcFaults.js';

/** How blocks are mined. */
export interface MineOptions {
  /** Leave the mempool as it is. */
  readonly empty?: boolean;
  /** Whom the coinbase pays; the simulated wallet if absent. */
  readonly address?: string;
}

/** How a restart goes. */
export interface RestartOptions {
  /** Milliseconds without RPC and ZMQ. */
  readonly downMs?: number;
  /** Milliseconds in which every call is answered with −28. */
  readonly warmUpMs?: number;
}

/**
 * What tests and people can make the simulated node do. Functions that publish resolve when everything was handed to ZMQ. All throw a `GatewayError`
 * with the code `GW_ERR_SIMULATOR` when something cannot be done.
 */
export interface SimulatorControl {
  /** Mines blocks on the tip, one (or `count`); the mempool goes into the first. Gives their hashes. */
  mine(count?: number, options?: MineOptions): Promise<readonly string[]>;
  /** As the RPC: disconnects in silence, unless a rival branch is there. */
  invalidateBlock(hashHex: string): Promise<void>;
  reconsiderBlock(hashHex: string): Promise<void>;
  /**
   * A rival branch of `newLength` blocks (`depth` + 1 if absent) overtakes the last `depth` blocks. Most of their transactions are in it, the rest go back to
   * the mempool. Announced: the first block that has more work than the old tip, and each one after it. Gives the hashes of the branch.
   */
  reorg(depth: number, newLength?: number): Promise<readonly string[]>;
  /** Payments into the mempool, one (or `count`). Gives their txids. */
  pay(count?: number): Promise<readonly string[]>;
  /**
   * One asset operation into the mempool. What it needs is done first: other operations, each with a block. Gives the txid of the operation itself alone.
   */
  asset(kind: AssetKind): Promise<readonly string[]>;
  /** Another transaction takes the place of a waiting one; that one and all that depend on it leave in silence. Gives the new txid. */
  replace(txidHex: string): Promise<string>;
  /** A waiting transaction, and all that depend on it, leave in silence. */
  evict(txidHex: string): Promise<void>;
  /** All waiting transactions leave in silence. */
  clearMempool(): Promise<void>;
  /** Mines a block with a transaction that spends what a waiting one spends. Gives the txid of the new one. */
  conflictInBlock(txidHex: string): Promise<string>;

  /** While dropped, nothing of a topic is sent, but its counter goes on: loss that shows. */
  dropTopic(topic: string, dropped: boolean): void;
  /** The next notices of a topic are lost; its counter goes on. */
  dropNext(topic: string, count: number): void;
  /** The topic's notifier died: silence, and a counter that stands, until a restart. */
  deadTopic(topic: string): void;
  duplicateNext(topic: string): void;
  /** The next notice of a topic comes this much later; others overtake it. */
  delayNext(topic: string, ms: number): void;
  /** Sends any frames. */
  sendRaw(frames: readonly (string | Uint8Array)[]): Promise<void>;

  /**
   * The node ends and comes back at the same ports with a new cookie and ZMQ counters at 0; after the warm-up it announces each
   * transaction of its mempool again.
   */
  restart(options?: RestartOptions): Promise<void>;
  /** What is wrong with the RPC from now on; undefined ends it. Calls that hang are answered then. */
  setRpcFault(fault: RpcFault | undefined): void;
  /**
   * Initial sync: no `hashblock` or `rawblock`, and `headers` ahead of `blocks`. With `blocks`, so many come in at once, with their transactions announced.
   */
  initialSync(on: boolean, blocks?: number): Promise<void>;
  /** Blocks below this height can no longer be asked for. */
  prune(belowHeight: number): void;
  /** The node restarts with another chain (other first block) behind the same addresses. */
  switchChain(seed: number): Promise<void>;

  /** A peer connects. Gives its number. */
  addPeer(options?: PeerOptions): number;
  /** A peer is gone. */
  removePeer(id: number): void;
  /** A peer misbehaves. */
  setBanScore(id: number, banScore: number): void;
  /** What the node's own miner does, as `getmininginfo` says; it makes no blocks. */
  setHashesPerSecond(hashes: number): void;

  tip(): { readonly height: number; readonly hashHex: string };
  /** Of the best chain. */
  blockHash(height: number): string | undefined;
  mempoolTxids(): readonly string[];
  /** Of any block, stale ones included; empty for an unknown one. */
  blockTxids(hashHex: string): readonly string[];
  /** RPC calls by method since the start of the simulated node, batch items included. */
  rpcCalls(): ReadonlyMap<string, number>;
}
