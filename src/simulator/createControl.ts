import { GatewayError } from '../protocol/gatewayError.js';
import { addressScript, parseAddress } from './address.js';
import type { Peers } from './peers.js';
import type { NoticePublisher } from './publisher.js';
import type { RpcFaults } from './rpcFaults.js';
import type { SimulatedBlock } from './simulatedBlock.js';
import type { RestartOptions, SimulatorControl } from './simulatorControl.js';
import type { World } from './world.js';

/** What the control acts on. */
export interface ControlledParts {
  /** The chain now behind the address. */
  world(): World;
  readonly publisher: NoticePublisher;
  readonly faults: RpcFaults;
  /** RPC calls by method. */
  readonly calls: ReadonlyMap<string, number>;
  readonly peers: Peers;
  setHashesPerSecond(hashes: number): void;
  setSyncing(on: boolean): void;
  setPrunedBelow(height: number): void;
  restart(how?: RestartOptions): Promise<void>;
  switchChain(seed: number): Promise<void>;
}

function refuse(message: string): GatewayError {
  return new GatewayError(message, { code: 'GW_ERR_SIMULATOR' });
}

/** Makes the control of a simulated node. */
export function createControl(parts: ControlledParts): SimulatorControl {
  const { publisher, faults } = parts;

  const blockOf = (hashHex: string): SimulatedBlock => {
    const block = parts.world().ledger.chain.get(hashHex);
    if (block === undefined) throw refuse(`no such block: ${hashHex}`);
    return block;
  };
  const hashes = async (blocks: readonly SimulatedBlock[]): Promise<string[]> => {
    await publisher.flush();
    return blocks.map((block) => block.hashHex);
  };
  const payoutOf = (address: string | undefined): { payout?: Uint8Array } => {
    if (address === undefined) return {};
    const parsed = parseAddress(address);
    if (parsed === undefined) throw refuse(`not an address: ${address}`);
    return { payout: addressScript(parsed) };
  };

  return {
    async mine(count = 1, { empty = false, address } = {}) {
      return hashes(parts.world().mine(count, { empty, ...payoutOf(address) }));
    },
    async invalidateBlock(hashHex) {
      parts.world().ledger.invalidate(blockOf(hashHex));
      await publisher.flush();
    },
    async reconsiderBlock(hashHex) {
      parts.world().ledger.reconsider(blockOf(hashHex));
      await publisher.flush();
    },
    async reorg(depth, newLength = depth + 1) {
      return hashes(parts.world().reorg(depth, newLength));
    },
    async pay(count = 1) {
      const txids: string[] = [];
      for (let left = count; left > 0; left--) txids.push(parts.world().pay().txidHex);
      await publisher.flush();
      return txids;
    },
    async asset(kind) {
      const transaction = parts.world().asset(kind);
      await publisher.flush();
      return transaction === undefined ? [] : [transaction.txidHex];
    },
    async replace(txidHex) {
      const rival = parts.world().replace(txidHex);
      await publisher.flush();
      return rival.txidHex;
    },
    async evict(txidHex) {
      if (parts.world().ledger.removeWaiting(txidHex).length === 0) {
        throw refuse(`no such transaction in the simulated mempool: ${txidHex}`);
      }
      await publisher.flush();
    },
    async clearMempool() {
      for (const txidHex of parts.world().ledger.mempool.txids()) parts.world().ledger.removeWaiting(txidHex);
      await publisher.flush();
    },
    async conflictInBlock(txidHex) {
      const rival = parts.world().conflictInBlock(txidHex);
      await publisher.flush();
      return rival.txidHex;
    },
    dropTopic: (topic, dropped) => {
      publisher.drop(topic, dropped);
    },
    dropNext: (topic, count) => {
      publisher.dropNext(topic, count);
    },
    deadTopic: (topic) => {
      publisher.kill(topic);
    },
    duplicateNext: (topic) => {
      publisher.duplicateNext(topic);
    },
    delayNext: (topic, ms) => {
      publisher.delayNext(topic, ms);
    },
    async sendRaw(frames) {
      publisher.sendRaw(frames);
      await publisher.flush();
    },
    restart: (how) => parts.restart(how),
    setRpcFault: (fault) => {
      faults.set(fault);
    },
    async initialSync(on, blocks = 0) {
      parts.setSyncing(on);
      for (let left = blocks; on && left > 0; left--) {
        parts.world().pay();
        parts.world().mine(1);
      }
      await publisher.flush();
    },
    prune: (belowHeight) => {
      parts.setPrunedBelow(Math.min(belowHeight, parts.world().ledger.chain.tip().height));
    },
    switchChain: (seed) => parts.switchChain(seed),
    addPeer: (options) => parts.peers.add(options),
    removePeer(id) {
      if (!parts.peers.remove(id)) throw refuse(`no such peer: ${id}`);
    },
    setBanScore(id, banScore) {
      if (!parts.peers.setBanScore(id, banScore)) throw refuse(`no such peer: ${id}`);
    },
    setHashesPerSecond: (hashes) => {
      parts.setHashesPerSecond(hashes);
    },
    tip() {
      const { height, hashHex } = parts.world().ledger.chain.tip();
      return { height, hashHex };
    },
    blockHash: (height) => parts.world().ledger.chain.at(height)?.hashHex,
    mempoolTxids: () => parts.world().ledger.mempool.txids(),
    blockTxids: (hashHex) =>
      parts
        .world()
        .ledger.chain.get(hashHex)
        ?.transactions.map((one) => one.txidHex) ?? [],
    rpcCalls: () => parts.calls,
  };
}
