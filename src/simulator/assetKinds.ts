import type { AssetRegistry } from './assetRegistry.js';
import type { PlanContext } from './payments.js';
import type { SimulatedTransaction } from './simulatedTransaction.js';

/** The asset operations that can be asked for. */
export const ASSET_KINDS = [
  'root',
  'sub',
  'unique',
  'channel',
  'qualifier',
  'sub_qualifier',
  'restricted',
  'reissue',
  'transfer',
  'transfer_message',
  'tag',
  'untag',
  'freeze',
  'unfreeze',
  'global_freeze',
  'global_unfreeze',
  'verifier',
] as const;

/** One of {@link ASSET_KINDS}. */
export type AssetKind = (typeof ASSET_KINDS)[number];

/** Either a transaction, or what has to happen first: another operation (then a block), or a block alone. */
export type AssetPlan =
  | { readonly type: 'ready'; readonly transaction: SimulatedTransaction }
  | { readonly type: 'needs'; readonly what: AssetKind | 'block' };

/** What asset plans are made with. */
export interface AssetPlanContext extends PlanContext {
  readonly assets: AssetRegistry;
  /** Names of assets that waiting transactions issue, reissue, tag or freeze. */
  pendingNames(): ReadonlySet<string>;
}
