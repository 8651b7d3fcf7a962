import type { NodeReader } from '../node/nodeReaderTypes.js';

/** The node's best block, the block that a notice named, and transactions that may be in it. */
export type TipAnswer = Awaited<ReturnType<NodeReader['getTipAndBlock']>>;

/** Asks for a block as soon as a notice names it, whatever the follower is waiting for at that moment. */
export interface TipAhead {
  /** Asks, unless an answer is still on its way. */
  ask(hashHex: string, txids: readonly string[]): void;
  /** The answer about this block, if it was asked for, and did not fail yet; it is given once, and others are forgotten. */
  take(hashHex: string): Promise<TipAnswer> | undefined;
}

/** Nothing asked yet. At most one answer is kept, and one call is under way. */
export function createTipAhead(node: NodeReader): TipAhead {
  let asked: { readonly hashHex: string; readonly answer: Promise<TipAnswer> } | undefined;
  let isOnItsWay = false;
  return {
    ask(hashHex, txids) {
      if (isOnItsWay) return;
      isOnItsWay = true;
      const answer = node.getTipAndBlock(hashHex, txids);
      const mine = { hashHex, answer };
      asked = mine;
      answer.then(
        () => {
          isOnItsWay = false;
        },
        () => {
          isOnItsWay = false;
          // Whoever waits for it already is told; for others it is asked again.
          if (asked === mine) asked = undefined;
        },
      );
    },
    take(hashHex) {
      const taken = asked?.hashHex === hashHex ? asked.answer : undefined;
      asked = undefined;
      return taken;
    },
  };
}
