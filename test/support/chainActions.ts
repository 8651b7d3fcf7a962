import fc from 'fast-check';
import type { ModelChain, PayChoice, ReorgChoice } from './modelChain.js';

/** One thing that happens to the chain or the mempool of a node. */
export type ChainAction =
  | { readonly type: 'pay'; readonly choice: PayChoice }
  | { readonly type: 'replace' | 'evict' | 'reactivate'; readonly choice: number }
  | { readonly type: 'mine'; readonly count: number; readonly unseen?: PayChoice }
  | { readonly type: 'reorg'; readonly choice: ReorgChoice }
  | { readonly type: 'invalidate'; readonly depth: number }
  | { readonly type: 'clear_mempool' };

/** Any payment of the model. */
export const payChoice: fc.Arbitrary<PayChoice> = fc.record(
  { coin: fc.nat(40), asset: fc.constantFrom('GOLD', 'GOLD/BAR', '#TAG') },
  { requiredKeys: ['coin'] },
);

/** Makes it happen. */
export function performOnChain(chain: ModelChain, action: ChainAction): void {
  switch (action.type) {
    case 'pay':
      chain.pay(action.choice);
      break;
    case 'replace':
      chain.replace(action.choice);
      break;
    case 'evict':
      chain.evict(action.choice);
      break;
    case 'reactivate':
      chain.reactivate(action.choice);
      break;
    case 'mine':
      chain.mine(action.count, action.unseen);
      break;
    case 'reorg':
      chain.reorg(action.choice);
      break;
    case 'invalidate':
      chain.invalidate(action.depth);
      break;
    case 'clear_mempool':
      chain.clearMempool();
  }
}
