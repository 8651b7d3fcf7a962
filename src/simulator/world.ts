import { GatewayError } from '../protocol/gatewayError.js';
import type { AssetKind, AssetPlanContext } from './assetKinds.js';
import { planAsset } from './assetPlans.js';
import type { Coin } from './coin.js';
import { createKeyRing } from './keyRing.js';
import { createLedger, type Ledger, type LedgerSink } from './ledger.js';
import { planDoubleSpend, planPayment } from './payments.js';
import { createRandomSource, type RandomSource } from './randomSource.js';
import { scriptInfo } from './scriptInfo.js';
import { makeBlock, makeCoinbase, type SimulatedBlock } from './simulatedBlock.js';
import { outpointOf, type SimulatedTransaction } from './simulatedTransaction.js';
import { createWallet } from './wallet.js';

/** How a simulated world begins. */
export interface WorldOptions {
  readonly seed: number;
  /** Blocks mined before anybody looks. */
  readonly startHeight: number;
  /** Time of the last of them, Unix seconds. */
  readonly startTimeSeconds: number;
  /** Outputs of the first block besides those of the wallet; 50,000 make its verbose JSON as large as the node's. */
  readonly genesisOutputs: number;
}

/** A chain with its mempool and a wallet that acts in it. All of it is synchronous and decided by the seed and the calls. */
export interface World {
  readonly ledger: Ledger;
  readonly random: RandomSource;
  /** Simulated time, Unix seconds. It moves with {@link advance} and with each block. */
  nowSeconds(): number;
  advance(seconds: number): void;
  /** Blocks on the tip; all of the mempool goes into the first unless `empty`. `payout` is a script. */
  mine(count: number, options?: { readonly empty?: boolean; readonly payout?: Uint8Array }): SimulatedBlock[];
  /** Replaces this many blocks by a longer branch. */
  reorg(depth: number, newLength: number): SimulatedBlock[];
  pay(): SimulatedTransaction;
  /** What an operation needs is done first, with the blocks that it takes, unless `onlyIfReady`: then undefined. */
  asset(kind: AssetKind, onlyIfReady?: boolean): SimulatedTransaction | undefined;
  replace(txidHex: string): SimulatedTransaction;
  /** Mines a block with a transaction that spends what this one spends. */
  conflictInBlock(txidHex: string): SimulatedTransaction;
}

const SUBSIDY_SAT = 277_800_000_000n;
/** What the wallet has from the first block, 10^-8 EVR: large amounts among them, as in the real first block. */
const GENESIS_GRANTS_SAT = [
  515_215_469_821_281_000n,
  9_007_199_254_740_993n,
  ...Array<bigint>(22).fill(100_000_000_000_000n),
];
const PRELUDE_SECONDS = 60;
const MAX_PREPARATIONS = 24;
/** Addresses outside the wallet that a large first block pays. */
const STRANGERS = 64;

function refuse(message: string): GatewayError {
  return new GatewayError(message, { code: 'GW_ERR_SIMULATOR' });
}

/** Makes a {@link World}: the first block and `startHeight` more. `sink` hears of everything that happens after that. */
export function createWorld(options: WorldOptions, sink: LedgerSink): World {
  const random = createRandomSource(options.seed);
  const keys = createKeyRing(random);
  const genesisTime = options.startTimeSeconds - PRELUDE_SECONDS * options.startHeight;
  let now = genesisTime;
  let extraNonce = 0;
  let listening = false;

  const grants = GENESIS_GRANTS_SAT.map((valueSat, index) => ({
    valueSat,
    script: keys.keys[index % keys.keys.length]?.script ?? new Uint8Array(),
  }));
  const strangers = Array.from({ length: STRANGERS }, () =>
    Uint8Array.of(0x76, 0xa9, 20, ...random.bytes(20), 0x88, 0xac),
  );
  const fill = Array.from({ length: options.genesisOutputs }, () => ({
    valueSat: 1_000_000n + random.bigInteger(1_000_000_000n),
    script: random.pick(strangers),
  }));
  const genesis = makeBlock(undefined, genesisTime, [
    makeCoinbase(
      {
        height: 0,
        extraNonce: 0,
        payout: [...grants, ...fill],
        text: `evrmore-gateway simulated chain ${options.seed}`,
      },
      [],
    ),
  ]);

  const quietSink: LedgerSink = {
    accepted: (transaction) => {
      if (listening) sink.accepted(transaction);
    },
    removed: (transaction) => {
      if (listening) sink.removed(transaction);
    },
    disconnected: (block) => {
      if (listening) sink.disconnected(block);
    },
    connecting: (block) => {
      if (listening) sink.connecting(block);
    },
    connected: (block) => {
      if (listening) sink.connected(block);
    },
    tip: (block) => {
      if (listening) sink.tip(block);
    },
    moved: () => {
      if (listening) sink.moved();
    },
  };
  const wallet = createWallet(keys, random, {
    spendableCoins: () => ledger.spendableCoins(),
    tipHeight: () => ledger.chain.tip().height,
    isConfirmed: (outpoint) => ledger.coins.get(outpoint) !== undefined,
  });
  const ledger: Ledger = createLedger(genesis, quietSink, wallet, () => now);
  const { chain, mempool } = ledger;

  const pendingNames = (): Set<string> => {
    const names = new Set<string>();
    for (const entry of mempool.entries()) {
      for (const output of entry.transaction.outputs) {
        const { asset, nullAsset } = scriptInfo(output.script);
        if (asset !== undefined && asset.type !== 'transfer') names.add(asset.name);
        if (nullAsset !== undefined && nullAsset.type !== 'verifier') names.add(nullAsset.name);
      }
    }
    return names;
  };
  const context: AssetPlanContext = {
    random,
    keys,
    wallet,
    assets: ledger.assets,
    height: () => chain.tip().height,
    pendingNames,
  };

  /** A block on any other; fees are what its transactions leave. */
  const build = (
    parent: SimulatedBlock,
    transactions: readonly SimulatedTransaction[],
    payout?: Uint8Array,
  ): SimulatedBlock => {
    let feesSat = 0n;
    for (const one of transactions) {
      for (const input of one.inputs) feesSat += outputSat(input.txidHex, input.vout);
      for (const output of one.outputs) feesSat -= output.valueSat;
    }
    extraNonce += 1;
    const height = parent.height + 1;
    const script = payout ?? random.pick(keys.keys).pubkeyScript;
    const coinbase = makeCoinbase(
      { height, extraNonce, payout: [{ valueSat: SUBSIDY_SAT + feesSat, script }] },
      transactions,
    );
    const recentTimesSeconds =
      chain.get(parent.hashHex) === undefined ? branchTimes(parent) : chain.recentTimes(parent);
    now = Math.max(now + 1, parent.medianTimeSeconds + 1);
    return makeBlock({ ...parent, recentTimesSeconds }, now, [coinbase, ...transactions]);
  };
  /** Blocks of a branch that is being built, by hash: the chain does not know them yet. */
  const branch = new Map<string, SimulatedBlock>();
  const branchTimes = (top: SimulatedBlock): number[] => {
    const times: number[] = [];
    for (let block: SimulatedBlock | undefined = top; block !== undefined && times.length < 11;) {
      times.unshift(block.timeSeconds);
      block = branch.get(block.previousHashHex) ?? chain.get(block.previousHashHex);
    }
    return times;
  };
  const outputSat = (txidHex: string, vout: number): bigint =>
    ledger.transaction(txidHex)?.outputs[vout]?.valueSat ?? 0n;

  const mine: World['mine'] = (count, mining = {}) => {
    const blocks: SimulatedBlock[] = [];
    for (let index = 0; index < count; index++) {
      const waiting = mining.empty === true ? [] : mempool.inBlockOrder().map((entry) => entry.transaction);
      const block = build(chain.tip(), waiting, mining.payout);
      ledger.submit([block]);
      blocks.push(block);
    }
    return blocks;
  };

  const offer = (transaction: SimulatedTransaction): SimulatedTransaction => {
    const answer = ledger.accept(transaction, now);
    if (answer.type !== 'accepted')
      throw refuse(`the simulated mempool refused its own transaction: ${answer.type}`);
    return transaction;
  };
  const waitingTransaction = (txidHex: string): SimulatedTransaction => {
    const entry = mempool.get(txidHex);
    if (entry === undefined) throw refuse(`no such transaction in the simulated mempool: ${txidHex}`);
    return entry.transaction;
  };
  /** Coins of a waiting transaction's inputs that hold EVR. */
  const evrInputs = (transaction: SimulatedTransaction): Coin[] =>
    transaction.inputs
      .map((input) => ledger.output(outpointOf(input.txidHex, input.vout)))
      .filter((coin) => coin !== undefined && coin.asset === undefined)
      .filter((coin) => coin !== undefined);

  const asset: World['asset'] = (kind, onlyIfReady = false) => {
    const todo: AssetKind[] = [kind];
    for (let preparations = 0; preparations < MAX_PREPARATIONS; preparations++) {
      const current = todo.at(-1) ?? kind;
      const plan = planAsset(current, context);
      if (plan.type === 'needs') {
        if (onlyIfReady) return undefined;
        if (plan.what === 'block') mine(1);
        else todo.push(plan.what);
        continue;
      }
      const transaction = offer(plan.transaction);
      todo.pop();
      if (todo.length === 0) return transaction;
      mine(1);
    }
    throw refuse(`the simulated wallet could not prepare ${kind}; mine some blocks and try again`);
  };

  const world: World = {
    ledger,
    random,
    nowSeconds: () => now,
    advance(seconds) {
      now += seconds;
    },
    mine,
    reorg(depth, newLength) {
      const tip = chain.tip();
      if (depth < 1 || depth > tip.height)
        throw refuse(`a reorg of depth ${depth} is not possible at height ${tip.height}`);
      if (newLength <= depth) throw refuse(`the new branch must be longer than ${depth} to win`);
      const base = chain.at(tip.height - depth) ?? chain.genesis;
      const undone: SimulatedTransaction[] = [];
      const undoneCoinbases: string[] = [];
      for (let height = base.height + 1; height <= tip.height; height++) {
        const [coinbase, ...others] = chain.at(height)?.transactions ?? [];
        undone.push(...others);
        if (coinbase !== undefined) undoneCoinbases.push(coinbase.txidHex);
      }
      // The rival miner saw most of the same transactions, but left some for later, with what depends on them.
      const left = new Set(undoneCoinbases);
      const taken = undone.filter((one) => {
        const leave = random.chance(0.1) || one.inputs.some((input) => left.has(input.txidHex));
        if (leave) left.add(one.txidHex);
        return !leave;
      });
      branch.clear();
      let parent = base;
      const blocks: SimulatedBlock[] = [];
      for (let index = 0; index < newLength; index++) {
        const portion = Math.ceil(taken.length / (newLength - index));
        const block = build(parent, taken.splice(0, portion));
        branch.set(block.hashHex, block);
        blocks.push(block);
        parent = block;
      }
      ledger.submit(blocks);
      return blocks;
    },
    pay() {
      const transaction = planPayment(context);
      if (transaction === undefined)
        throw refuse('the simulated wallet has nothing to spend; mine some blocks');
      return offer(transaction);
    },
    asset,
    replace(txidHex) {
      const rival = planDoubleSpend(context, evrInputs(waitingTransaction(txidHex)));
      ledger.removeWaiting(txidHex);
      return offer(rival);
    },
    conflictInBlock(txidHex) {
      const rival = planDoubleSpend(context, evrInputs(waitingTransaction(txidHex)));
      const leaving = new Set(mempool.descendants(txidHex).map((entry) => entry.transaction.txidHex));
      const others = mempool.inBlockOrder().filter((entry) => !leaving.has(entry.transaction.txidHex));
      ledger.submit([build(chain.tip(), [...others.map((entry) => entry.transaction), rival])]);
      return rival;
    },
  };

  for (let height = 1; height <= options.startHeight; height++) {
    now += PRELUDE_SECONDS - 1;
    mine(1, { empty: true });
  }
  listening = true;
  return world;
}
