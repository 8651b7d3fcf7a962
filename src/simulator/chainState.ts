import type { SimulatedBlock } from './simulatedBlock.js';

/** All blocks ever seen, and which of them are the best chain. Decides nothing about coins. */
export interface ChainState {
  readonly genesis: SimulatedBlock;
  tip(): SimulatedBlock;
  get(hashHex: string): SimulatedBlock | undefined;
  /** The block of the best chain at a height. */
  at(height: number): SimulatedBlock | undefined;
  isActive(block: SimulatedBlock): boolean;
  previous(block: SimulatedBlock): SimulatedBlock | undefined;
  /** Times of a block and up to ten before it, oldest first. */
  recentTimes(block: SimulatedBlock): readonly number[];
  /** Makes a block known; the tip stays. */
  add(block: SimulatedBlock): void;
  /** Moves the tip one block forward or back. */
  push(block: SimulatedBlock): void;
  pop(): SimulatedBlock;
  /** Marks a block and all that build on it as invalid, or as valid again (then those below it too). */
  setInvalid(block: SimulatedBlock, invalid: boolean): void;
  isInvalid(block: SimulatedBlock): boolean;
  /** The valid block with the most work; of equals the one seen first. */
  mostWork(): SimulatedBlock;
  /** The last common block of the best chain and the chain of this block. */
  fork(block: SimulatedBlock): SimulatedBlock;
  /** The blocks on which nothing builds, the highest first. */
  leaves(): readonly SimulatedBlock[];
  /** The height of the highest block ever seen, valid or not: the node's `headers`. */
  highestHeight(): number;
}

/** Makes a chain of one block. */
export function createChainState(genesis: SimulatedBlock): ChainState {
  const blocks = new Map<string, SimulatedBlock>([[genesis.hashHex, genesis]]);
  const hasChild = new Set<string>();
  const invalid = new Set<string>();
  const active: SimulatedBlock[] = [genesis];
  let highest = 0;

  const tip = (): SimulatedBlock => active.at(-1) ?? genesis;
  const previous = (block: SimulatedBlock): SimulatedBlock | undefined => blocks.get(block.previousHashHex);
  const isActive = (block: SimulatedBlock): boolean => active[block.height] === block;
  const buildsOn = (block: SimulatedBlock, base: SimulatedBlock): boolean => {
    let current: SimulatedBlock | undefined = block;
    while (current !== undefined && current.height > base.height) current = previous(current);
    return current === base;
  };

  return {
    genesis,
    tip,
    get: (hashHex) => blocks.get(hashHex),
    at: (height) => active[height],
    isActive,
    previous,
    recentTimes(block) {
      const times: number[] = [];
      for (let current: SimulatedBlock | undefined = block; current !== undefined && times.length < 11;) {
        times.unshift(current.timeSeconds);
        current = previous(current);
      }
      return times;
    },
    add(block) {
      blocks.set(block.hashHex, block);
      hasChild.add(block.previousHashHex);
      highest = Math.max(highest, block.height);
    },
    push(block) {
      if (block.previousHashHex !== tip().hashHex)
        throw new Error(`${block.hashHex} does not follow the tip`);
      active.push(block);
    },
    pop() {
      const block = active.length > 1 ? active.pop() : undefined;
      if (block === undefined) throw new Error('the first block stays');
      return block;
    },
    setInvalid(block, becomes) {
      for (const other of blocks.values()) {
        if (other.height < block.height || !buildsOn(other, block)) continue;
        if (becomes) invalid.add(other.hashHex);
        else invalid.delete(other.hashHex);
      }
      if (becomes) return;
      for (let below = previous(block); below !== undefined; below = previous(below))
        invalid.delete(below.hashHex);
    },
    isInvalid: (block) => invalid.has(block.hashHex),
    mostWork() {
      let best = genesis;
      // Blocks are kept in the order in which they were seen, so that "more" alone lets the first of equals win.
      for (const block of blocks.values()) {
        if (block.chainWork > best.chainWork && !invalid.has(block.hashHex)) best = block;
      }
      return best;
    },
    fork(block) {
      let current: SimulatedBlock | undefined = block;
      while (current !== undefined && !isActive(current)) current = previous(current);
      return current ?? genesis;
    },
    leaves: () =>
      [...blocks.values()]
        .filter((block) => !hasChild.has(block.hashHex))
        .sort((a, b) => b.height - a.height),
    highestHeight: () => highest,
  };
}
